using System.Runtime.InteropServices;

namespace VmAtlas.Model.Tracing;

/// <summary>How the figures of call sites divide among threads. A site that one thread alone uses, as most are, costs two bytes.</summary>
sealed class ThreadShares
{
    struct Share
    {
        public long Live, Total;
        public double LiveCount, TotalCount;
    }

    const short Nobody = 0, Several = -1;

    /// <summary>By row: the only thread's number + 1, or one of the above.</summary>
    short[] _owners = new short[256];

    readonly Dictionary<(int Row, int Thread), Share> _shares = [];
    readonly Dictionary<int, List<int>> _threads = [];

    /// <summary>Also takes what the row held before, should another thread come to use it now.</summary>
    public void Allocate(int row, int thread, long bytes, double count, long live, double liveCount, long total, double totalCount)
    {
        if (row >= _owners.Length)
            Array.Resize(ref _owners, Math.Max(row + 1, _owners.Length * 2));
        var owner = _owners[row];
        if (owner == thread + 1)
            return;
        if (owner == Nobody)
        {
            _owners[row] = (short)(thread + 1);
            return;
        }
        if (owner != Several)
            Divide(row, owner - 1, new Share { Live = live, LiveCount = liveCount, Total = total, TotalCount = totalCount });
        ref var share = ref CollectionsMarshal.GetValueRefOrAddDefault(_shares, (row, thread), out var known);
        if (!known)
            _threads[row].Add(thread);
        unchecked
        {
            share.Live += bytes;
            share.Total += bytes;
        }
        share.LiveCount += count;
        share.TotalCount += count;
    }

    /// <param name="thread">The one that allocated the block.</param>
    public void Free(int row, int thread, long bytes, double count)
    {
        if (_owners[row] != Several)
            return;
        ref var share = ref CollectionsMarshal.GetValueRefOrNullRef(_shares, (row, thread));
        share.Live = unchecked(share.Live - bytes);
        share.LiveCount -= count;
    }

    public IEnumerable<(int Thread, SiteFigures Figures)> Of(int row, SiteFigures whole)
    {
        if (row >= _owners.Length || _owners[row] == Nobody)
            return [];
        if (_owners[row] != Several)
            return [(_owners[row] - 1, whole)];
        return _threads[row].Select(thread =>
        {
            var share = _shares[(row, thread)];
            return (thread, new SiteFigures(share.Live, share.LiveCount, share.Total, share.TotalCount) { AtPeakBytes = null });
        });
    }

    void Divide(int row, int first, Share share)
    {
        _owners[row] = Several;
        _shares[(row, first)] = share;
        _threads[row] = [first];
    }
}
