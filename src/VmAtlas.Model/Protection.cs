namespace VmAtlas.Model;

/// <summary>What the target may do with a range, and whether it shares it: the <c>rwxp</c> column of <c>/proc/PID/maps</c>.</summary>
[Flags]
public enum Protection : byte
{
    None = 0,
    Read = 1,
    Write = 2,
    Execute = 4,

    /// <summary>MAP_SHARED: writes reach the file or the other mappers.</summary>
    Shared = 8,

    /// <summary>Windows' PAGE_GUARD; on Linux a <c>PROT_NONE</c> block known to guard a stack.</summary>
    Guard = 16,

    /// <summary>Windows' copy-on-write protections; on Linux any private writable file mapping copies on write.</summary>
    CopyOnWrite = 32,

    /// <summary>Windows' PAGE_WRITECOMBINE: writes are gathered before they go out, as to a graphics card.</summary>
    WriteCombine = 64,

    /// <summary>Windows' PAGE_NOCACHE.</summary>
    NoCache = 128,
}

public static class Protections
{
    const Protection Access = Protection.Read | Protection.Write | Protection.Execute;

    public static bool IsAccessible(this Protection protection) => (protection & Access) != 0;

    public static bool IsShared(this Protection protection) => (protection & Protection.Shared) != 0;

    /// <summary>As the kernel writes it: "rw-p", "r-xs", "---p".</summary>
    public static string ToMapsText(this Protection protection) => string.Create(4, protection, static (text, p) =>
    {
        text[0] = (p & Protection.Read) != 0 ? 'r' : '-';
        text[1] = (p & Protection.Write) != 0 ? 'w' : '-';
        text[2] = (p & Protection.Execute) != 0 ? 'x' : '-';
        text[3] = (p & Protection.Shared) != 0 ? 's' : 'p';
    });

    /// <summary>VMMap's words: "Read/Write", "Execute/Read", "Copy on write", "Reserved" for no access at all, "No access" for a guard
    /// that allows none.</summary>
    /// <remarks>Mind VMMap's mixed capitals: "Copy on write" but "Execute/Copy on Write".</remarks>
    public static string ToVmmapText(this Protection protection)
    {
        var execute = (protection & Protection.Execute) != 0;
        var text = (protection & (Protection.Read | Protection.Write | Protection.CopyOnWrite)) switch
        {
            var p when (p & Protection.CopyOnWrite) != 0 => execute ? "Execute/Copy on Write" : "Copy on write",
            var p when (p & Protection.Write) != 0 => execute ? "Execute/Read/Write" : "Read/Write",
            Protection.Read => execute ? "Execute/Read" : "Read",
            _ => execute ? "Execute" : (protection & Protection.Guard) != 0 ? "No access" : "Reserved",
        };
        return !protection.IsAccessible() ? text : string.Concat(text,
            (protection & Protection.Guard) != 0 ? "/Guard" : "",
            (protection & Protection.NoCache) != 0 ? "/NoCache" : "",
            (protection & Protection.WriteCombine) != 0 ? "/WriteCombine" : "");
    }

    /// <summary>VMMap's words for a block, in which committed memory without access is told from reserved memory.</summary>
    public static string ToVmmapText(this Protection protection, BlockFlags facts) =>
        (facts & BlockFlags.NoAccess) != 0 ? "No access" : protection.ToVmmapText();
}
