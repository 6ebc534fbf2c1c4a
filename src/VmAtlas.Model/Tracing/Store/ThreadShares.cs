using System.Runtime.CompilerServices;

namespace VmAtlas.Model.Tracing;

/// <summary>How the figures of call sites divide among threads. A site that one thread alone uses, as most are, costs nothing here.</summary>
sealed class ThreadShares
{
    struct Share
    {
        public long Live, Total;
        public double LiveCount, TotalCount;
        public int Row, Thread;

        /// <summary>Number + 1 of the row's next share; 0 for none.</summary>
        public int Next;
    }

    /// <summary>What a row's owner is besides the only thread's number + 1.</summary>
    public const short Nobody = 0, Several = -1;

    /// <summary>By row: number + 1 of its last share.</summary>
    int[] _ofRow = new int[256];

    Share[] _shares = new Share[64];

    /// <summary>Open addressing by row and thread: number + 1 of a share; 0 is free.</summary>
    int[] _slots = new int[256];

    int _count;

    /// <summary>A row that several own gets a block.</summary>
    public void Allocate(int row, int thread, long bytes, double count)
    {
        ref var share = ref Of(row, thread);
        share.Live = unchecked(share.Live + bytes);
        share.Total = unchecked(share.Total + bytes);
        share.LiveCount += count;
        share.TotalCount += count;
    }

    /// <summary>A block of a row that several own is given back.</summary>
    /// <param name="thread">The one that allocated it.</param>
    public void Free(int row, int thread, long bytes, double count)
    {
        ref var share = ref Of(row, thread);
        share.Live = unchecked(share.Live - bytes);
        share.LiveCount -= count;
    }

    public IEnumerable<(int Thread, SiteFigures Figures)> Of(int row, short owner, SiteFigures whole)
    {
        if (owner is not Nobody and not Several)
            yield return (owner - 1, whole);
        for (var number = row < _ofRow.Length ? _ofRow[row] : 0; number > 0; number = _shares[number - 1].Next)
        {
            var share = _shares[number - 1];
            yield return (share.Thread, new SiteFigures(share.Live, share.LiveCount, share.Total, share.TotalCount) { AtPeakBytes = null });
        }
    }

    /// <summary>A row that was one thread's comes to be several threads'.</summary>
    public void Divide(int row, int first, in SiteFigures all)
    {
        if (row >= _ofRow.Length)
            Array.Resize(ref _ofRow, Math.Max(row + 1, _ofRow.Length * 2));
        ref var share = ref Of(row, first);
        (share.Live, share.LiveCount, share.Total, share.TotalCount) = (all.LiveBytes, all.LiveCount, all.TotalBytes, all.TotalCount);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    ref Share Of(int row, int thread)
    {
        var (slots, shares) = (_slots, _shares);
        var number = slots[Home(row, thread) & (slots.Length - 1)] - 1;
        if (number >= 0 && shares[number].Row == row && shares[number].Thread == thread)
            return ref shares[number];
        return ref FindOrAdd(row, thread);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    ref Share FindOrAdd(int row, int thread)
    {
        var mask = _slots.Length - 1;
        for (var slot = Home(row, thread) & mask; ; slot = (slot + 1) & mask)
        {
            if (_slots[slot] is var number and not 0)
            {
                ref var known = ref _shares[number - 1];
                if (known.Row == row && known.Thread == thread)
                    return ref known;
                continue;
            }
            return ref Add(row, thread, slot);
        }
    }

    ref Share Add(int row, int thread, int slot)
    {
        if (_count == _shares.Length)
            Array.Resize(ref _shares, _count * 2);
        _shares[_count] = new Share { Row = row, Thread = thread, Next = _ofRow[row] };
        _ofRow[row] = _slots[slot] = ++_count;
        var number = _count - 1;
        if (_count * 2 > _slots.Length)
            Grow();
        return ref _shares[number];
    }

    void Grow()
    {
        _slots = new int[_slots.Length * 2];
        var mask = _slots.Length - 1;
        for (var i = 0; i < _count; i++)
        {
            var slot = Home(_shares[i].Row, _shares[i].Thread) & mask;
            while (_slots[slot] != 0)
                slot = (slot + 1) & mask;
            _slots[slot] = i + 1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Home(int row, int thread) => (int)(unchecked(((ulong)(uint)row << 12 ^ (uint)thread) * 0x9E3779B97F4A7C15) >> 33);
}
