using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes.Wine;

/// <summary>What Wine itself keeps of a process: its lists of what is mapped, and GDI's handles.</summary>
/// <remarks>
/// Evidence: the list of views is in a mapping whose head has the entry of the page that Windows shares with every process, at 0x7ffe0000 and 4 KiB long;
/// the table of page protections, a byte a page for 4 GiB, has its mark "committed" for just that page and for a thread's environment block; GDI's
/// handles are where the process environment block says. Seen in Wine 8; the offsets of other versions may differ, and then nothing is claimed.
/// </remarks>
static class WineTables
{
    const ulong SharedPage = 0x7ffe0000, PageBytes = 4096, ProtectionTableBytes = 1 << 20, GdiTable = 0xf8, GdiTableBytes = 0x180000;
    const byte Committed = 0x20;
    const int ViewWords = 32;

    public static void Claim(AnnotationContext context, IMemorySource memory, IReadOnlyList<ThreadEnvironment> threads)
    {
        foreach (var row in AnonymousMemory.Unclaimed(context, Protection.Read | Protection.Write))
        {
            if (BeginsWithViews(memory, context.Mappings.Starts[row]))
                Add(context, context.Mappings.Range(row), "Wine: list of views", "it begins with Wine's list of what the process has mapped");
            else if (threads.Count > 0 && IsProtectionTable(memory, context.Mappings.Range(row), threads[0].Address))
                Add(context, context.Mappings.Range(row), "Wine: protection of pages", "it has a byte for each page, which marks the right ones as committed");
        }
        Span<ulong> table = stackalloc ulong[1];
        if (threads.Count == 0 || !AnonymousMemory.TryRead(memory, threads[0].Process + GdiTable, table) || table[0] % PageBytes != 0)
            return;
        if (context.Mappings.IndexOf(new Address(table[0])) is >= 0 and var mapping && context.Mappings.Ends[mapping] - table[0] >= GdiTableBytes)
            Add(context, AddressRange.Of(table[0], table[0] + GdiTableBytes), "GDI handle table", "the process environment block says that it is there");
    }

    static void Add(AnnotationContext context, AddressRange range, string details, string reason) =>
        context.Claims.ClaimRange(context.Claims.AddRegion(MemoryType.PrivateData, details, reason), range);

    static bool BeginsWithViews(IMemorySource memory, ulong start)
    {
        Span<ulong> words = stackalloc ulong[ViewWords];
        if (!AnonymousMemory.TryRead(memory, start, words))
            return false;
        var at = words.IndexOf(SharedPage);
        return at >= 0 && at + 1 < ViewWords && words[at + 1] == PageBytes;
    }

    static bool IsProtectionTable(IMemorySource memory, AddressRange range, ulong thread)
    {
        if (range.Size.Bytes != ProtectionTableBytes || thread / PageBytes >= ProtectionTableBytes)
            return false;
        return IsCommitted(SharedPage) && IsCommitted(thread);

        bool IsCommitted(ulong address)
        {
            Span<byte> mark = stackalloc byte[1];
            return memory.Read(new Address(range.Start.Value + address / PageBytes), mark) == 1 && (mark[0] & Committed) != 0;
        }
    }
}
