namespace VmAtlas.Model;

/// <summary>Windows' PAGE_* constants in the model's terms, and back.</summary>
public static class PageConstants
{
    public const uint NoAccess = 0x01;

    const uint ReadOnly = 0x02, ReadWrite = 0x04, WriteCopy = 0x08;
    const uint Execute = 0x10, ExecuteRead = 0x20, ExecuteReadWrite = 0x40, ExecuteWriteCopy = 0x80;
    const uint Guard = 0x100, NoCache = 0x200, WriteCombine = 0x400;

    /// <summary>Bits without a meaning here are passed over. PAGE_NOACCESS is no access at all; of committed memory
    /// <see cref="BlockFlags.NoAccess"/> says so.</summary>
    public static Protection ToProtection(uint constant)
    {
        var access = (constant & 0xff) switch
        {
            ReadOnly => Protection.Read,
            ReadWrite => Protection.Read | Protection.Write,
            WriteCopy => Protection.Read | Protection.CopyOnWrite,
            Execute => Protection.Execute,
            ExecuteRead => Protection.Execute | Protection.Read,
            ExecuteReadWrite => Protection.Execute | Protection.Read | Protection.Write,
            ExecuteWriteCopy => Protection.Execute | Protection.Read | Protection.CopyOnWrite,
            _ => Protection.None,
        };
        return access
            | ((constant & Guard) != 0 ? Protection.Guard : 0)
            | ((constant & NoCache) != 0 ? Protection.NoCache : 0)
            | ((constant & WriteCombine) != 0 ? Protection.WriteCombine : 0);
    }

    /// <summary>The constant of a protection; 0 for none, which is that of reserved memory.</summary>
    public static uint Of(Protection protection)
    {
        var execute = (protection & Protection.Execute) != 0;
        var access = (protection & (Protection.Read | Protection.Write | Protection.CopyOnWrite)) switch
        {
            var p when (p & Protection.CopyOnWrite) != 0 => execute ? ExecuteWriteCopy : WriteCopy,
            var p when (p & Protection.Write) != 0 => execute ? ExecuteReadWrite : ReadWrite,
            Protection.Read => execute ? ExecuteRead : ReadOnly,
            _ => execute ? Execute : 0,
        };
        return access
            | ((protection & Protection.Guard) != 0 ? Guard : 0)
            | ((protection & Protection.NoCache) != 0 ? NoCache : 0)
            | ((protection & Protection.WriteCombine) != 0 ? WriteCombine : 0);
    }

    /// <summary>Of a block: as <see cref="Of(Protection)"/>, with committed memory that nothing may access told from reserved memory.</summary>
    public static uint Of(Protection protection, BlockFlags facts) => (facts & BlockFlags.NoAccess) != 0 ? NoAccess : Of(protection);
}
