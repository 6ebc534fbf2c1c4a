using VmAtlas.Capture.Clr.Isolated;

namespace VmAtlas.Capture.Clr;

/// <summary>How the managed memory of a target is found out.</summary>
public sealed record ClrOptions
{
    /// <summary>Whether to count the objects by type: reads the whole heap.</summary>
    public bool Objects { get; init; }

    /// <summary>Whether to ask the runtime's debugger library, in a helper process.</summary>
    public bool UseDebugger { get; init; } = true;

    /// <summary>The helper's program.</summary>
    public string HelperPath { get; init; } = HelperProcess.DefaultPath;

    public HelperLimits Limits { get; init; } = HelperLimits.Default;
}
