namespace VmAtlas.Model;

/// <summary>Facts of one block that are yes or no.</summary>
[Flags]
public enum BlockFlags : byte
{
    None = 0,

    /// <summary>The block starts a mapping; a block without it is a further piece of the mapping before. The Blocks column counts these.</summary>
    StartsMapping = 1,

    /// <summary>The mapping began below the end of the one before (the target changed while it was read) and was clipped.</summary>
    Clipped = 2,

    /// <summary>The block is a piece of a mapping, and one or more of its measures other than Size are the mapping's, shared out by pages.</summary>
    Apportioned = 4,

    /// <summary>The file is unlinked: the kernel's " (deleted)", which is taken off the name where the link count proves it.</summary>
    Deleted = 8,

    /// <summary>The range guards a neighbour: nothing is meant to be in it.</summary>
    Guard = 16,

    /// <summary>THPeligible of smaps.</summary>
    ThpEligible = 32,

    /// <summary>Committed, but nothing may access it: Windows' PAGE_NOACCESS, which is not the same as reserved.</summary>
    NoAccess = 64,
}
