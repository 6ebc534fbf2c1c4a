namespace VmAtlas.Model;

/// <summary>What kind of failure it is; the number is the command's exit code.</summary>
public enum Failure
{
    /// <summary>Something else went wrong.</summary>
    General = 1,

    /// <summary>Wrong use, or a target that several processes answer to.</summary>
    Usage = 2,

    /// <summary>No such process or file.</summary>
    NotFound = 3,

    NotPermitted = 4,

    /// <summary>The target ended, or became another program, while it was read.</summary>
    TargetEnded = 5,

    /// <summary>A file is damaged, or from a newer version.</summary>
    BadFile = 6,
}

/// <summary>A failure a person can act on: one sentence saying what happened and what would help. Only the command line prints it and exits.</summary>
public sealed class VmAtlasException : Exception
{
    public VmAtlasException(Failure failure, string message, Exception? cause = null)
        : base(message, cause) => Failure = failure;

    public Failure Failure { get; }
}
