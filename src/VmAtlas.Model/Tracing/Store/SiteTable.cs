using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VmAtlas.Model.Tracing;

/// <summary>What every call site asked for and holds: one row a site, in the order in which they were met.</summary>
/// <remarks>
/// A row is one cache line. The live bytes of each site at the peak of the whole are kept without looking at any site when a peak is met: a row
/// remembers them when it first changes after the peak, and one that has not changed since holds them still.
/// </remarks>
public sealed class SiteTable
{
    [StructLayout(LayoutKind.Sequential)]
    struct Account
    {
        public long Live, Total, Peak, AtPeak;
        public double LiveCount, TotalCount, Temporary;

        /// <summary>Number of the peak that <see cref="AtPeak"/> is of; 0 for none.</summary>
        public uint PeakNumber;

        /// <summary>Whose the row is: see <see cref="ThreadShares"/>.</summary>
        public short Owner;

        /// <summary>Since changes were last taken.</summary>
        public bool HasChanged;
    }

    readonly ThreadShares _threads = new();
    Account[] _accounts = new Account[256];
    uint[] _sites = new uint[256];
    int[] _rows = new int[1024];
    ulong[] _changed = new ulong[4];
    uint _peakNumber = 1;
    bool _climbing;

    /// <summary>Rows.</summary>
    public int Count { get; private set; }

    public long LiveBytes { get; private set; }

    public long PeakBytes { get; private set; }

    /// <summary>When the live bytes were most: nanoseconds since the trace began.</summary>
    public long PeakTime { get; private set; }

    /// <summary>The call node of a row; 0 where none was taken.</summary>
    public uint Site(int row) => _sites[row];

    public SiteFigures this[int row]
    {
        get
        {
            ref var account = ref _accounts[row];
            return new SiteFigures(account.Live, account.LiveCount, account.Total, account.TotalCount)
            {
                AtPeakBytes = account.PeakNumber == _peakNumber ? account.AtPeak : account.Live,
                TemporaryCount = account.Temporary,
            };
        }
    }

    /// <summary>The most that the site itself ever held, whenever that was.</summary>
    public long Peak(int row) => _accounts[row].Peak;

    public SiteFigures Total
    {
        get
        {
            var total = new SiteFigures();
            for (var row = 0; row < Count; row++)
                total += this[row];
            return total;
        }
    }

    /// <summary>The site's figures by thread.</summary>
    public IEnumerable<(int Thread, SiteFigures Figures)> ByThread(int row) => _threads.Of(row, _accounts[row].Owner, this[row]);

    /// <summary>The row of a call site, a new one if it is new.</summary>
    internal int RowOf(uint site) => TryRowOf(site, out var row) ? row : Add(site);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryRowOf(uint site, out int row)
    {
        var rows = _rows;
        row = site < (uint)rows.Length ? rows[site] - 1 : -1;
        return row >= 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Allocate(int row, int thread, long bytes, double count, long time)
    {
        ref var account = ref _accounts[row];
        var all = unchecked(LiveBytes + bytes);
        LiveBytes = all;
        if (all > PeakBytes)
            Climb(time);
        else
            Keep(ref account);
        if (account.Owner == ThreadShares.Several)
            _threads.Allocate(row, thread, bytes, count);
        else if (account.Owner != thread + 1)
            Share(row, ref account, thread, bytes, count);
        var live = unchecked(account.Live + bytes);
        account.Live = live;
        account.Total = unchecked(account.Total + bytes);
        account.LiveCount += count;
        account.TotalCount += count;
        if (live > account.Peak)
            account.Peak = live;
        if (!account.HasChanged)
            NoteChange(row, ref account);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Free(int row, int thread, long bytes, double count, bool temporary)
    {
        ref var account = ref _accounts[row];
        Keep(ref account);
        if (account.Owner == ThreadShares.Several)
            _threads.Free(row, thread, bytes, count);
        LiveBytes = unchecked(LiveBytes - bytes);
        account.Live = unchecked(account.Live - bytes);
        account.LiveCount -= count;
        account.Temporary += temporary ? count : 0;
        if (!account.HasChanged)
            NoteChange(row, ref account);
    }

    /// <summary>A mapping was cut in two: one more of the site is live.</summary>
    internal void Split(int row, int thread)
    {
        ref var account = ref _accounts[row];
        account.LiveCount++;
        if (account.Owner == ThreadShares.Several)
            _threads.Free(row, thread, 0, -1);
    }

    /// <summary>The rows that changed since the last call, in order, and what they hold.</summary>
    internal (int[] Rows, long[] Live) TakeChanges()
    {
        var count = 0;
        foreach (var word in _changed)
            count += BitOperations.PopCount(word);
        var (rows, live) = (new int[count], new long[count]);
        var n = 0;
        for (var word = 0; word < _changed.Length; word++)
        {
            for (var bits = _changed[word]; bits != 0; bits &= bits - 1)
            {
                rows[n] = word * 64 + BitOperations.TrailingZeroCount(bits);
                ref var account = ref _accounts[rows[n]];
                live[n] = account.Live;
                account.HasChanged = false;
                n++;
            }
        }
        Array.Clear(_changed);
        return (rows, live);
    }

    /// <summary>A new peak. While one follows the other nothing needs to be remembered of any of them but the last.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    void Climb(long time)
    {
        (PeakBytes, PeakTime) = (LiveBytes, time);
        if (_climbing)
            return;
        _climbing = true;
        if (++_peakNumber == 0)
            BeginNumbersAnew();
    }

    /// <summary>After four thousand million peaks. No row remembers the new one yet.</summary>
    void BeginNumbersAnew()
    {
        foreach (ref var account in _accounts.AsSpan())
            account.PeakNumber = 0;
        _peakNumber = 1;
    }

    /// <summary>A thread allocates at a site that was nobody's, or another's alone.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    void Share(int row, ref Account account, int thread, long bytes, double count)
    {
        if (account.Owner == ThreadShares.Nobody)
        {
            account.Owner = (short)(thread + 1);
            return;
        }
        _threads.Divide(row, account.Owner - 1, new SiteFigures(account.Live, account.LiveCount, account.Total, account.TotalCount));
        account.Owner = ThreadShares.Several;
        _threads.Allocate(row, thread, bytes, count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    void NoteChange(int row, ref Account account)
    {
        account.HasChanged = true;
        _changed[row >> 6] |= 1UL << row;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Keep(ref Account account)
    {
        _climbing = false;
        if (account.PeakNumber == _peakNumber)
            return;
        account.PeakNumber = _peakNumber;
        account.AtPeak = account.Live;
    }

    int Add(uint site)
    {
        if (Count == _sites.Length)
        {
            Array.Resize(ref _sites, Count * 2);
            Array.Resize(ref _accounts, Count * 2);
            Array.Resize(ref _changed, Count * 2 / 64);
        }
        if (site >= (uint)_rows.Length)
            Array.Resize(ref _rows, (int)Math.Max(site + 1, _rows.Length * 2L));
        _sites[Count] = site;
        return (_rows[site] = ++Count) - 1;
    }
}
