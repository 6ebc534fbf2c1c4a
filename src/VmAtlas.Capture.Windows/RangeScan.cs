using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows;

/// <summary>Walks an address space with VirtualQueryEx into a table, one row a range, and joins ranges of one allocation base.</summary>
/// <remarks>The answer's bytes are the only buffer. A range that changes while it is walked is answered as it is then: the next question is asked
/// where the last answer ended, so no address is met twice and none is left out.</remarks>
sealed class RangeScan(IWindowsCalls calls, BlockTable mappings, List<Allocation> allocations)
{
    /// <summary>More ranges than any process has; a system (or a recording) that never ends is cut off here.</summary>
    const int MostRanges = 1 << 24;

    const uint Commit = 0x1000, Free = 0x10000;

    /// <summary>Fills the table from address 0 up to <paramref name="end"/>.</summary>
    /// <returns>Why the walk ended before its end: 0, or the system's error.</returns>
    public uint Run(ulong end)
    {
        Span<byte> answer = stackalloc byte[48];
        ReadOnlySpan<byte> fields = answer;
        allocations.Clear();
        for (var at = 0UL; at < end && mappings.Count < MostRanges;)
        {
            if (calls.Ask(WindowsQuestion.Memory, at, answer, out var error) < answer.Length)
                return error == Native.ErrorInvalidParameter && at > 0 ? 0 : Math.Max(1, error); // 87: behind the last address
            var (start, size, state) = (fields.U64(0), fields.U64(24), fields.U32(32));
            var next = unchecked(start + size);
            if (next <= at)
                return Native.ErrorInvalidParameter;
            if (state != Free)
                Add(Math.Max(start, at), Math.Min(next, end), fields);
            at = next;
        }
        return 0;
    }

    void Add(ulong start, ulong end, ReadOnlySpan<byte> fields)
    {
        var (allocation, state, constant, type) = (fields.U64(8), fields.U32(32), fields.U32(36), fields.U32(40));
        var kind = type switch { 0x1000000 => AllocationKind.Image, 0x40000 => AllocationKind.Mapped, _ => AllocationKind.Private };
        var committed = state == Commit;
        var protection = committed ? PageConstants.ToProtection(constant) : Protection.None;
        if (kind == AllocationKind.Mapped && (protection & Protection.CopyOnWrite) == 0)
            protection |= Protection.Shared;
        var row = mappings.Add(start, end, protection, 0, 0, 0, 0, BlockFlags.StartsMapping);
        if (committed && (constant & 0xff) == PageConstants.NoAccess)
            mappings.SetFacts(row, BlockFlags.StartsMapping | BlockFlags.NoAccess);
        else if ((protection & Protection.Guard) != 0)
            mappings.SetFacts(row, BlockFlags.StartsMapping | BlockFlags.Guard);
        if (committed)
        {
            mappings.Set(Measure.Committed, row, end - start);
            mappings.Set(Measure.Private, row, IsPrivate(protection, kind) ? end - start : 0);
        }
        if (allocations.Count > 0 && allocations[^1].Base == allocation && allocations[^1].Last == row - 1)
            allocations[^1] = allocations[^1] with { Last = row };
        else
            allocations.Add(new Allocation(row, row, allocation, kind));
    }

    /// <summary>Whether a committed range is charged to this process alone: private memory, what copies on write, and of an image what was written
    /// already (it became Read/Write) or can be.</summary>
    static bool IsPrivate(Protection protection, AllocationKind kind) =>
        kind == AllocationKind.Private || (protection & (kind == AllocationKind.Image ? Protection.CopyOnWrite | Protection.Write : Protection.CopyOnWrite)) != 0;
}
