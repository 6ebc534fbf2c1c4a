using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows;

/// <summary>Which pages are in the working set, asked in batches of one buffer.</summary>
sealed class WorkingSet(IWindowsCalls calls, ulong page)
{
    /// <summary>1 MiB of questions at once.</summary>
    const int Batch = 1 << 16;

    WorkingSetPage[] _pages = [];

    /// <summary>Bytes found resident by the last <see cref="Measure"/>; null where the system refused.</summary>
    public ulong? Total { get; private set; }

    /// <summary>Fills the working-set columns; where the system refuses they are absent, and the problem says why.</summary>
    public void Measure(BlockTable mappings, IReadOnlyList<Allocation> allocations, ICollection<Problem> problems)
    {
        Total = 0;
        foreach (var allocation in allocations)
        {
            for (var row = allocation.First; row <= allocation.Last; row++)
            {
                if (mappings.Get(Model.Measure.Committed, row) == 0)
                    continue;
                if (Tally(mappings.Range(row), out var tally) is not 0 and var error)
                {
                    Total = null;
                    foreach (var measure in (ReadOnlySpan<Measure>)[Model.Measure.TotalWs, Model.Measure.PrivateWs, Model.Measure.SharedWs, Model.Measure.LockedWs])
                        mappings.MarkAbsent(measure);
                    if (calls.SavedPieces is not { Count: > 0 }) // a dump never knows it
                        problems.Add(new Problem("working-set-refused", $"the working set is not known: the system refuses K32QueryWorkingSetEx ({WindowsErrors.Text(error)})"));
                    return;
                }
                Write(mappings, row, allocation.Kind, tally);
            }
        }
        foreach (var measure in (ReadOnlySpan<Measure>)[Model.Measure.TotalWs, Model.Measure.PrivateWs, Model.Measure.SharedWs, Model.Measure.LockedWs])
            mappings.MarkPresent(measure);
    }

    /// <summary>Fills the state of each page of a range; false where the system refuses.</summary>
    public bool TryReadPages(AddressRange range, Span<PageState> states)
    {
        var done = 0;
        for (var at = range.Start.Value; at < range.End.Value;)
        {
            var batch = Fill(at, range.End.Value);
            if (calls.WorkingSet(batch) != 0)
                return false;
            foreach (ref readonly var one in batch)
                states[done++] = StateOf(one);
            at += (ulong)batch.Length * page;
        }
        return true;
    }

    /// <summary>Adds up the pages of a range.</summary>
    /// <returns>0, or the error of a system that refuses.</returns>
    public uint Tally(AddressRange range, out WorkingSetTally tally)
    {
        tally = default;
        for (var at = range.Start.Value; at < range.End.Value;)
        {
            var batch = Fill(at, range.End.Value);
            if (calls.WorkingSet(batch) is not 0 and var error)
                return error;
            foreach (ref readonly var one in batch)
                tally.Add(one, page);
            at += (ulong)batch.Length * page;
        }
        return 0;
    }

    Span<WorkingSetPage> Fill(ulong start, ulong end)
    {
        var count = (int)Math.Min(Batch, (end - start) / page);
        if (_pages.Length < count)
            _pages = new WorkingSetPage[Math.Min(Batch, Math.Max(count, 1024))];
        var batch = _pages.AsSpan(0, count);
        for (var i = 0; i < batch.Length; i++)
            batch[i] = new WorkingSetPage { Address = start + (ulong)i * page };
        return batch;
    }

    void Write(BlockTable mappings, int row, AllocationKind kind, in WorkingSetTally tally)
    {
        Total += tally.Valid;
        mappings.Set(Model.Measure.TotalWs, row, tally.Valid);
        mappings.Set(Model.Measure.PrivateWs, row, tally.Own);
        mappings.Set(Model.Measure.SharedWs, row, tally.Shared);
        mappings.Set(Model.Measure.LockedWs, row, tally.Locked);
        // Pages of an image that were written and then protected again are charged to it alone, whatever the range's protection says now.
        if (kind == AllocationKind.Image && mappings.Get(Model.Measure.Private, row) == 0)
            mappings.Set(Model.Measure.Private, row, tally.Own);
    }

    static PageState StateOf(in WorkingSetPage one) => !one.IsValid ? PageState.None
        : PageState.Present
            | (one.IsShareable ? PageState.File : 0)
            | (one.IsShareable && one.ShareCount > 1 ? 0 : PageState.Exclusive)
            | (one.IsLarge ? PageState.Huge : 0);
}

/// <summary>Bytes of a range by what the working set says of its pages.</summary>
struct WorkingSetTally
{
    public ulong Valid, Own, Shared, Locked;

    public void Add(in WorkingSetPage one, ulong page)
    {
        if (!one.IsValid)
            return;
        Valid += page;
        Own += one.IsShareable ? 0 : page;
        Shared += one.IsShareable && one.ShareCount > 1 ? page : 0;
        Locked += one.IsLocked ? page : 0;
    }
}
