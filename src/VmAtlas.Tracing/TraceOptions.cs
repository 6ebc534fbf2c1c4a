namespace VmAtlas.Tracing;

/// <summary>How to trace.</summary>
public readonly record struct TraceOptions()
{
    /// <summary>Mean bytes between two samples; 0 records every operation. 512 KiB costs next to nothing.</summary>
    public ulong SampleInterval { get; init; }

    /// <summary>Programs the target starts are traced too. Otherwise they get their environment as if nobody traced.</summary>
    public bool FollowChildren { get; init; }

    /// <summary>Operations are dropped, and counted, when the reader falls behind; otherwise the target waits for it.</summary>
    public bool DropWhenBehind { get; init; }

    /// <summary>Take no call stacks.</summary>
    public bool NoStacks { get; init; }

    /// <summary>Variables set in the environment of a launched program besides those it gets from us (PYTHONMALLOC=malloc shows Python's small objects).</summary>
    public IReadOnlyDictionary<string, string>? Variables { get; init; }

    /// <summary>Where a launched program runs; our own folder when null.</summary>
    public string? Folder { get; init; }

    /// <summary>A launched program finds its input at its end, instead of reading what we would read.</summary>
    public bool NoInput { get; init; }

    /// <summary>Called for the program that is launched, and what it becomes by exec, when it begins and when it ends by itself (true). It stands still, or is about
    /// to end, until this returns, but no longer than 10 seconds: a program of any length has a memory map that can be looked at.</summary>
    public Action<int, bool>? Look { get; init; }

    /// <summary>Have <see cref="Look"/> called for a launched program that a signal ends, too. It is ptraced for that, which it can notice.</summary>
    public bool LookWhenKilled { get; init; }

    /// <summary>Another build of the agent than the one beside the program: for tests.</summary>
    internal string? Agent { get; init; }
}
