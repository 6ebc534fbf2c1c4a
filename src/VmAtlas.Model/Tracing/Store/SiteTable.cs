using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VmAtlas.Model.Tracing;

/// <summary>What every call site asked for and holds: one row a site, in the order in which they were met, and for each thread a share of it.</summary>
/// <remarks>
/// The live bytes of each share at the peak of the whole are kept without looking at any of them when a peak is met: a share remembers them when it first
/// changes after the peak, and one that has not changed since holds them still.
/// </remarks>
public sealed unsafe class SiteTable
{
    /// <summary>Of four thousand million.</summary>
    const uint MostPeaks = uint.MaxValue - (1 << 20);

    readonly SiteShares _numbers = new();
    SiteRow[] _rows = Pinned<SiteRow>(256);
    SiteShare[] _shares = Pinned<SiteShare>(256);

    /// <summary>By share: its thread, and the share of its site that was made before it or -1.</summary>
    (int Thread, int Before)[] _links = new (int, int)[256];

    int[] _rowOfNode = new int[1024];
    int _shareCount;
    readonly SiteLedger[] _ledgers = Pinned<SiteLedger>(1);

    public SiteTable()
    {
        _ledgers[0].PeakNumber = 1;
        Place();
    }

    /// <summary>Rows.</summary>
    public int Count { get; private set; }

    public long LiveBytes => _ledgers[0].LiveBytes;

    public long PeakBytes => _ledgers[0].PeakBytes;

    /// <summary>When the live bytes were most: nanoseconds since the trace began.</summary>
    public long PeakTime => _ledgers[0].PeakTime;

    /// <summary>The call node of a row; 0 where none was taken.</summary>
    public uint Site(int row) => _rows[row].Node;

    public SiteFigures this[int row]
    {
        get
        {
            var sum = new SiteFigures();
            for (var share = _rows[row].LastShare; share >= 0; share = _links[share].Before)
                sum += _shares[share].Figures(_ledgers[0].PeakNumber);
            return sum;
        }
    }

    /// <summary>The most that the site itself ever held, whenever that was.</summary>
    public long Peak(int row) => _rows[row].Peak;

    public SiteFigures Total
    {
        get
        {
            var total = new SiteFigures();
            foreach (ref readonly var share in _shares.AsSpan(0, _shareCount))
                total += share.Figures(_ledgers[0].PeakNumber);
            return total;
        }
    }

    /// <summary>The site's figures by thread.</summary>
    public IEnumerable<(int Thread, SiteFigures Figures)> ByThread(int row)
    {
        for (var share = _rows[row].LastShare; share >= 0; share = _links[share].Before)
            yield return (_links[share].Thread, _shares[share].Figures(_ledgers[0].PeakNumber));
    }

    /// <summary>The number of a thread's share of a call site, a new one if it is new.</summary>
    internal int ShareOf(uint node, int thread) => _numbers.TryGet(node, thread, out var share) ? share : Add(node, thread);

    internal int RowOf(int share) => _shares[share].Site;

    internal int ThreadOf(int share) => _links[share].Thread;

    /// <summary>Where figures are changed, for the next few events: peaks must not run out of numbers meanwhile.</summary>
    internal SiteLedger* Ledger
    {
        get
        {
            if (_ledgers[0].PeakNumber > MostPeaks)
                BeginNumbersAnew();
            return (SiteLedger*)Unsafe.AsPointer(ref _ledgers[0]);
        }
    }

    internal SiteShares Numbers => _numbers;

    /// <param name="share">As <see cref="ShareOf"/> gave it.</param>
    /// <param name="bytes">Not negative.</param>
    internal void Change(int share, BlockFate fate, long bytes, double count, long time) =>
        Ledger->Change(share, (nuint)fate, fate == BlockFate.HandedOut ? 0 : -1, bytes, count, time);

    /// <summary>A mapping was cut in two: one more of the site is live.</summary>
    internal void Split(int share) => _shares[share].Sums[(int)BlockFate.GivenBack].Count--;

    /// <summary>The rows that changed since the last call, in order, and what they hold.</summary>
    internal (int[] Rows, long[] Live) TakeChanges()
    {
        var (rows, live) = (new List<int>(), new List<long>());
        for (var i = 0; i < Count; i++)
        {
            ref var row = ref _rows[i];
            if (row.Live == row.Told)
                continue;
            row.Told = row.Live;
            rows.Add(i);
            live.Add(row.Live);
        }
        return ([.. rows], [.. live]);
    }

    void BeginNumbersAnew()
    {
        foreach (ref var share in _shares.AsSpan())
            share.PeakNumber = share.PeakNumber == _ledgers[0].PeakNumber ? 1u : 0;
        _ledgers[0].PeakNumber = 1;
    }

    int Add(uint node, int thread)
    {
        if (_shareCount == _shares.Length)
        {
            _shares = Larger(_shares);
            Array.Resize(ref _links, _shareCount * 2);
            Place();
        }
        var row = RowOfNode(node);
        var share = _shareCount++;
        _shares[share].Site = row;
        _links[share] = (thread, _rows[row].LastShare);
        _rows[row].LastShare = share;
        _numbers.Add(node, thread, share);
        return share;
    }

    int RowOfNode(uint node)
    {
        if (node >= (uint)_rowOfNode.Length)
            Array.Resize(ref _rowOfNode, (int)Math.Max(node + 1, _rowOfNode.Length * 2L));
        if (_rowOfNode[node] > 0)
            return _rowOfNode[node] - 1;
        if (Count == _rows.Length)
        {
            _rows = Larger(_rows);
            Place();
        }
        _rows[Count] = new SiteRow { Node = node, LastShare = -1 };
        _rowOfNode[node] = ++Count;
        return Count - 1;
    }

    void Place()
    {
        _ledgers[0].Rows = (SiteRow*)Unsafe.AsPointer(ref _rows[0]);
        _ledgers[0].Shares = (SiteShare*)Unsafe.AsPointer(ref _shares[0]);
    }

    static T[] Pinned<T>(int length) => GC.AllocateArray<T>(length, pinned: true);

    static T[] Larger<T>(T[] full)
    {
        var larger = Pinned<T>(full.Length * 2);
        full.CopyTo(larger, 0);
        return larger;
    }
}
