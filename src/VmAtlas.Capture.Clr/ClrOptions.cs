using VmAtlas.Capture.Clr.Isolated;

namespace VmAtlas.Capture.Clr;

/// <summary>What may be asked of a target's own runtime, over its diagnostics socket.</summary>
public enum AskRuntime : byte
{
    /// <summary>Nothing.</summary>
    Never,

    /// <summary>To tell where its generations are when it next collects. It starts a thread and takes a buffer for that.</summary>
    Listen,

    /// <summary>The same, and to collect at once: all generations, with every thread of the target waiting.</summary>
    InduceCollection,
}

/// <summary>How the managed memory of a target is found out.</summary>
public sealed record ClrOptions
{
    /// <summary>Whether to count the objects by type: reads the whole heap.</summary>
    public bool Objects { get; init; }

    /// <summary>Whether to ask the runtime's debugger library, in a helper process.</summary>
    public bool UseDebugger { get; init; } = true;

    /// <summary>Whether the target's runtime itself may be asked where no debugger library fits. That disturbs it.</summary>
    public AskRuntime AskRuntime { get; init; }

    /// <summary>How long to wait for the runtime to tell of a collection.</summary>
    public TimeSpan RuntimeWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The helper's program.</summary>
    public string HelperPath { get; init; } = HelperProcess.DefaultPath;

    public HelperLimits Limits { get; init; } = HelperLimits.Default;
}
