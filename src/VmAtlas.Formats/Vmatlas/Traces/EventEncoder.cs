using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas.Traces;

/// <summary>Collects events as columns that pack well: what differs between neighbours is small.</summary>
sealed class EventEncoder
{
    /// <summary>Times are kept in units of 32 ns: most steps fit a byte, and no two events of a thread are that close.</summary>
    public const int TimeShift = 5;

    /// <summary>Addresses of a chunk from which is told how to write all of them.</summary>
    const int Tried = 4096;

    readonly ByteBuffer _kindColumn = new(), _times = new(), _addresses = new(), _sizes = new(), _sites = new(), _others = new();
    readonly List<EventKind> _kinds = [];
    readonly Dictionary<EventKind, int> _kindNumbers = [];
    readonly List<uint> _siteList = [];
    readonly Dictionary<int, int> _threads = [];

    /// <summary>By kind: the number of its thread.</summary>
    readonly List<int> _threadOfKind = [];

    /// <summary>Kinds met lately in this chunk, by their key: key and number + 1. Threads take turns, so the last one alone would seldom do.</summary>
    readonly (ulong Key, int Number)[] _recent = new (ulong, int)[256];

    /// <summary>By event: its address, and its kind's number; written when all are known.</summary>
    readonly List<ulong> _addressOf = [];
    readonly List<int> _kindOf = [];

    (int Number, uint Chunk)[] _siteNumbers = new (int, uint)[1024];
    uint _chunk = 1;
    long _first, _time;

    public int Count => _addressOf.Count;

    public void Add(ReadOnlySpan<TraceEvent> events)
    {
        if (events.Length == 0)
            return;
        if (Count == 0)
            (_first, _time) = (events[0].Time, events[0].Time >> TimeShift);
        var from = Count;
        CollectionsMarshal.SetCount(_addressOf, from + events.Length);
        CollectionsMarshal.SetCount(_kindOf, from + events.Length);
        var addresses = CollectionsMarshal.AsSpan(_addressOf)[from..];
        var kinds = CollectionsMarshal.AsSpan(_kindOf)[from..];
        for (var i = 0; i < events.Length; i++)
        {
            addresses[i] = events[i].Address;
            kinds[i] = NumberOf(events[i]);
        }
        AddKinds(kinds);
        AddTimes(events);
        AddSizesAndSites(events);
        AddOthers(events);
    }

    void AddKinds(ReadOnlySpan<int> kinds)
    {
        var to = _kindColumn.Reserve(kinds.Length);
        foreach (var kind in kinds)
            to.VarInt((ulong)kind);
        _kindColumn.Advance(to);
    }

    void AddTimes(ReadOnlySpan<TraceEvent> events)
    {
        var to = _times.Reserve(events.Length);
        var before = _time;
        foreach (ref readonly var e in events)
        {
            var time = Math.Max(before, e.Time >> TimeShift);
            to.VarInt((ulong)(time - before));
            before = time;
        }
        _times.Advance(to);
        _time = before;
    }

    void AddSizesAndSites(ReadOnlySpan<TraceEvent> events)
    {
        var sizes = _sizes.Reserve(events.Length);
        var sites = _sites.Reserve(events.Length);
        foreach (ref readonly var e in events)
        {
            if (e.Size != 0)
                sizes.VarInt(e.Size);
            if (e.Site != 0)
                sites.VarInt((ulong)SiteNumber(e.Site));
        }
        _sizes.Advance(sizes);
        _sites.Advance(sites);
    }

    void AddOthers(ReadOnlySpan<TraceEvent> events)
    {
        foreach (ref readonly var e in events)
        {
            if (e.OldAddress != 0)
                _others.VarInt(ZigZag.Of(e.OldAddress, e.Address));
            if (e.OldSize != 0)
                _others.VarInt(e.OldSize);
            if (e.Weight != 1)
                _others.Int64(BitConverter.DoubleToInt64Bits(e.Weight));
        }
    }

    /// <summary>Addresses as steps from the one before of the same thread or kind. Programs that give back at once what they took last are shorter by
    /// thread, those that fill memory while they give back elsewhere by kind.</summary>
    void WriteAddresses(int count, bool byKind)
    {
        var last = new ulong[byKind ? _kinds.Count : _threads.Count];
        var contexts = byKind ? [.. Enumerable.Range(0, _kinds.Count)] : _threadOfKind.ToArray();
        var addresses = CollectionsMarshal.AsSpan(_addressOf)[..count];
        var kinds = CollectionsMarshal.AsSpan(_kindOf)[..count];
        _addresses.Clear();
        var to = _addresses.Reserve(count);
        for (var i = 0; i < addresses.Length; i++)
        {
            var address = addresses[i];
            ref var before = ref last[contexts[kinds[i]]];
            to.VarInt(address % 16 != 0 ? ZigZag.Of(address, before) : ZigZag.Of(address >> 4, before >> 4));
            before = address;
        }
        _addresses.Advance(to);
    }

    /// <returns>Whether they are written by kind.</returns>
    bool WriteAddresses()
    {
        var some = Math.Min(Count, Tried);
        WriteAddresses(some, byKind: false);
        var byThread = _addresses.Count;
        WriteAddresses(some, byKind: true);
        var byKind = _addresses.Count < byThread;
        WriteAddresses(Count, byKind);
        return byKind;
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
        into.Byte(WriteAddresses() ? (byte)1 : (byte)0);
        foreach (var column in (ReadOnlySpan<ByteBuffer>)[_kindColumn, _times, _addresses, _sizes, _sites, _others])
        {
            into.VarInt(column.Count);
            into.Bytes(column.Written);
            column.Clear();
        }
        Clear();
    }

    void Clear()
    {
        _addressOf.Clear();
        _kindOf.Clear();
        _kinds.Clear();
        _kindNumbers.Clear();
        _siteList.Clear();
        _threadOfKind.Clear();
        _threads.Clear();
        Array.Clear(_recent);
        _chunk++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    int NumberOf(in TraceEvent e)
    {
        var key = EventKind.KeyOf(e);
        ref var recent = ref _recent[(byte)(unchecked(key * 0x9E3779B97F4A7C15) >> 56)];
        if (recent.Key != key || recent.Number == 0)
            recent = (key, NumberOfRare(EventKind.Of(e)) + 1);
        return recent.Number - 1;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    int SiteNumber(uint site)
    {
        var numbers = _siteNumbers;
        return site < (uint)numbers.Length && numbers[site].Chunk == _chunk ? numbers[site].Number : NewSiteNumber(site);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    int NewSiteNumber(uint site)
    {
        if (site >= (uint)_siteNumbers.Length)
            Array.Resize(ref _siteNumbers, (int)Math.Max(site + 1, _siteNumbers.Length * 2L));
        ref var place = ref _siteNumbers[site];
        place = (_siteList.Count, _chunk);
        _siteList.Add(site);
        return place.Number;
    }
}
