using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas.Traces;

/// <summary>Collects events as columns that pack well: what differs between neighbours is small.</summary>
sealed class EventEncoder
{
    /// <summary>Times are kept in units of 32 ns: most steps fit a byte, and no two events of a thread are that close.</summary>
    public const int TimeShift = 5;

    readonly ByteBuffer _kindColumn = new(), _times = new(), _sizes = new(), _sites = new(), _others = new();
    readonly AddressColumn _byThread = new(), _byKind = new();
    readonly List<EventKind> _kinds = [];
    readonly Dictionary<EventKind, int> _kindNumbers = [];
    readonly List<uint> _siteList = [];
    readonly List<int> _threadOfKind = [];
    readonly Dictionary<int, int> _threads = [];

    (int Number, uint Chunk)[] _siteNumbers = new (int, uint)[1024];
    uint _chunk = 1;
    long _first, _time;
    /// <summary>Kinds met lately in this chunk, by their key: key and number + 1. Threads take turns, so the last one alone would seldom do.</summary>
    readonly (ulong Key, int Number)[] _recent = new (ulong, int)[256];

    int _lastKindNumber = -1;

    public int Count { get; private set; }

    public void Add(in TraceEvent e)
    {
        if (Count == 0)
            (_first, _time) = (e.Time, e.Time >> TimeShift);
        Count++;
        var kind = EventKind.Of(e);
        _kindColumn.VarInt(NumberOf(kind));
        var time = e.Time >> TimeShift;
        _times.VarInt((ulong)Math.Max(0, time - _time));
        _time = Math.Max(_time, time);
        _byThread.Add(_threadOfKind[_lastKindNumber], e.Address, kind.Has(EventFields.Unaligned));
        _byKind.Add(_lastKindNumber, e.Address, kind.Has(EventFields.Unaligned));
        if (kind.Has(EventFields.Size))
            _sizes.VarInt(e.Size);
        if (kind.Has(EventFields.Site))
            _sites.VarInt(SiteNumber(e.Site));
        AddOthers(kind, e);
    }

    /// <summary>Writes the chunk's content and begins anew.</summary>
    public void Write(ByteBuffer into)
    {
        into.VarInt(Count);
        into.VarInt((ulong)_first);
        into.VarInt(_kinds.Count);
        foreach (var kind in _kinds)
            kind.Write(into);
        into.VarInt(_siteList.Count);
        var before = 0UL;
        foreach (var site in _siteList)
        {
            into.VarInt(ZigZag.Of(site, before));
            before = site;
        }
        var byKind = _byKind.Bytes.Count < _byThread.Bytes.Count;
        into.Byte(byKind ? (byte)1 : (byte)0);
        var addresses = byKind ? _byKind.Bytes : _byThread.Bytes;
        foreach (var column in (ReadOnlySpan<ByteBuffer>)[_kindColumn, _times, addresses, _sizes, _sites, _others])
        {
            into.VarInt(column.Count);
            into.Bytes(column.Written);
            column.Clear();
        }
        Clear();
    }

    void Clear()
    {
        Count = 0;
        _kinds.Clear();
        _kindNumbers.Clear();
        _siteList.Clear();
        _threadOfKind.Clear();
        _threads.Clear();
        _byThread.Clear();
        _byKind.Clear();
        Array.Clear(_recent);
        _lastKindNumber = -1;
        _chunk++;
    }

    int NumberOf(in EventKind kind)
    {
        var key = kind.Key;
        ref var recent = ref _recent[(byte)(unchecked(key * 0x9E3779B97F4A7C15) >> 56)];
        if (recent.Key != key || recent.Number == 0)
            recent = (key, NumberOfRare(kind) + 1);
        return _lastKindNumber = recent.Number - 1;
    }

    int NumberOfRare(EventKind kind)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_kindNumbers, kind, out var known);
        if (!known)
        {
            number = _kinds.Count;
            _kinds.Add(kind);
            _threadOfKind.Add(ThreadOf(kind.Thread));
        }
        return number;
    }

    int ThreadOf(int thread)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_threads, thread, out var known);
        if (!known)
            number = _threads.Count - 1;
        return number;
    }

    int SiteNumber(uint site)
    {
        if (site >= (uint)_siteNumbers.Length)
            Array.Resize(ref _siteNumbers, (int)Math.Max(site + 1, _siteNumbers.Length * 2L));
        ref var place = ref _siteNumbers[site];
        if (place.Chunk == _chunk)
            return place.Number;
        place = (_siteList.Count, _chunk);
        _siteList.Add(site);
        return place.Number;
    }

    void AddOthers(EventKind kind, in TraceEvent e)
    {
        if (kind.Has(EventFields.OldAddress))
            _others.VarInt(ZigZag.Of(e.OldAddress, e.Address));
        if (kind.Has(EventFields.OldSize))
            _others.VarInt(e.OldSize);
        if (kind.Has(EventFields.Weight))
            _others.Int64(BitConverter.DoubleToInt64Bits(e.Weight));
    }

    /// <summary>Addresses as steps from the one before of the same thread or kind. Programs that give back at once what they took last are shorter by
    /// thread, those that fill memory while they give back elsewhere by kind.</summary>
    sealed class AddressColumn
    {
        readonly List<ulong> _last = [];

        public ByteBuffer Bytes { get; } = new();

        public void Add(int context, ulong address, bool unaligned)
        {
            while (_last.Count <= context)
                _last.Add(0);
            var last = _last[context];
            Bytes.VarInt(unaligned ? ZigZag.Of(address, last) : ZigZag.Of(address >> 4, last >> 4));
            _last[context] = address;
        }

        public void Clear()
        {
            _last.Clear();
            Bytes.Clear();
        }
    }
}
