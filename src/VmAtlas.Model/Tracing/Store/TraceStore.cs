using System.Runtime.CompilerServices;

namespace VmAtlas.Model.Tracing;

/// <summary>What a trace of one program comes to: live blocks, call sites with their figures, who made which mapping. Its memory is bounded by what is
/// live and by the distinct stacks, not by the length of the trace.</summary>
/// <remarks>
/// Events come from one thread; whoever looks at it meanwhile holds <see cref="Gate"/>. A resized block counts as given back and handed out again,
/// by the call that resized it, whether the allocator moved it or not.
/// </remarks>
public sealed class TraceStore : ITraceSink
{
    /// <summary>No address space is larger; what says so is damaged or made up.</summary>
    const ulong MostBytes = 1UL << 56;

    /// <summary>Events between asking for a block's slot and needing it: some 100 ns, as long as memory takes.</summary>
    const int Ahead = 16;

    /// <summary>Events for which room is made at once.</summary>
    const int Piece = 1024;

    const int MostLost = 1 << 16;

    readonly LiveBlocks _live = new();
    readonly List<TraceModule> _modules = [];
    readonly bool _isSampled;
    readonly ulong[] _lastBlock = new ulong[ThreadNames.Most];
    long _now, _operations, _unknownFrees, _lostFrees, _dropped;

    public TraceStore(TraceProcess process)
    {
        Process = process;
        _isSampled = process.SampleInterval != 0;
        Mappings = new MappingOwners(MappingSites);
    }

    public Lock Gate { get; } = new();

    public TraceProcess Process { get; }

    public IReadOnlyList<TraceModule> Modules => _modules;

    public ThreadNames Threads { get; } = new();

    /// <summary>The blocks are objects of a managed program, which are seen when they are made and not when they die: nothing is known of what is live.</summary>
    public bool HasOnlyTotals => Threads.HaveCollector;

    public NodeTable CallNodes { get; } = new();

    /// <summary>Who asked for blocks.</summary>
    public SiteTable Sites { get; } = new();

    /// <summary>Who asked for mappings. They are no part of <see cref="Sites"/>: an allocator's own mappings hold its blocks.</summary>
    public SiteTable MappingSites { get; } = new();

    public MappingOwners Mappings { get; }

    /// <summary>What each of <see cref="Sites"/> held over time.</summary>
    public SiteSeries Series { get; } = new();

    public TraceEnding? Ending { get; private set; }

    /// <summary>See <see cref="TraceEnding"/>.</summary>
    public int EndingValue { get; private set; }

    public int LiveCount => _live.Count;

    public TraceTotals Totals => new(_now, _operations, Sites.Total, MappingSites.Total, _unknownFrees, _lostFrees, _dropped)
    {
        PeakBytes = Sites.PeakBytes,
        PeakTime = Sites.PeakTime,
    };

    /// <summary>All live blocks, in no order.</summary>
    public LiveBlock[] LiveBlocks() => _live.ToArray();

    public LiveBlock? LiveBlockAt(Address address) => _live.TryGet(address.Value, out var block) ? block : null;

    public void Module(TraceModule module)
    {
        lock (Gate)
        {
            // Only a damaged file leaves any out.
            for (var lost = module.Index - _modules.Count; lost is > 0 and < MostLost; lost--)
                _modules.Add(new TraceModule(_modules.Count, "lost module", default, 0, ""));
            if (_modules.Count == module.Index)
                _modules.Add(module);
        }
    }

    public void Thread(TraceThread thread)
    {
        lock (Gate)
            Threads.Add(thread);
    }

    public void ThreadName(int thread, string name)
    {
        lock (Gate)
            Threads.Rename(thread, name);
    }

    public void Nodes(ReadOnlySpan<CallNode> nodes)
    {
        lock (Gate)
        {
            foreach (ref readonly var node in nodes)
                CallNodes.Add(node);
        }
    }

    public void Events(ReadOnlySpan<TraceEvent> events)
    {
        lock (Gate)
        {
            _operations += events.Length;
            for (var length = 0; events.Length > 0; events = events[length..])
            {
                length = Math.Min(events.Length, Piece);
                Take(events[..length]);
            }
        }
    }

    public void Dropped(long operations)
    {
        lock (Gate)
            _dropped += operations;
    }

    public void End(TraceEnding ending, int value, long time)
    {
        lock (Gate)
        {
            (Ending, EndingValue) = (ending, value);
            _now = Math.Max(_now, time);
            Series.Take(_now, Sites);
        }
    }

    [SkipLocalsInit]
    unsafe void Take(ReadOnlySpan<TraceEvent> events)
    {
        _live.Reserve(events.Length);
        var homes = stackalloc uint[Piece + Ahead];
        for (var i = 0; i < events.Length; i++)
            homes[i] = _live.Home(events[i].Address);
        new Span<uint>(homes + events.Length, Ahead).Clear();
        var (due, last, isExact) = (Series.Due, _lastBlock, !_isSampled);
        for (var i = 0; i < events.Length; i++)
        {
            ref readonly var e = ref events[i];
            _live.Prefetch(homes[i + Ahead]);
            if (e.Time >= due)
                due = TakeMoment(i == 0 ? _now : events[i - 1].Time);
            var isTaken = isExact && e.Thread >= 0 && e.Thread < last.Length
                && (e.Operation == TraceOperation.Free ? TryFree(e, homes[i], ref last[e.Thread]) : TryAllocate(e, homes[i], ref last[e.Thread]));
            if (!isTaken)
                TakeOther(e, homes[i]);
        }
        _now = events[^1].Time;
    }

    /// <returns>When the next moment is due.</returns>
    long TakeMoment(long now)
    {
        Series.Take(now, Sites);
        return Series.Due;
    }

    /// <summary>The usual case, on the shortest way: a new block of a known call site of an exact trace, with nothing in its way.</summary>
    /// <param name="last">The block its thread took last.</param>
    /// <returns>False when it is another case, and nothing was done.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    unsafe bool TryAllocate(in TraceEvent e, uint home, ref ulong last)
    {
        if (e.Operation != TraceOperation.Allocate || e.Size > MostBytes || !Sites.TryRowOf(e.Site, out var row))
            return false;
        var block = _live.TakeAtHome(e.Address, home);
        if (block == null)
            return false;
        Fill(ref *block, e, row, e.Thread, e.Size);
        Sites.Allocate(row, e.Thread, (long)e.Size, 1, e.Time);
        last = e.Address;
        return true;
    }

    /// <inheritdoc cref="TryAllocate"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    unsafe bool TryFree(in TraceEvent e, uint home, ref ulong last)
    {
        var block = _live.FindAtHome(e.Address, home);
        if (block == null)
            return false;
        Sites.Free(block->Site, block->Thread, (long)block->Size, 1, temporary: last == e.Address);
        _live.RemoveAtHome(block);
        last = 0;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    void TakeOther(in TraceEvent e, uint home)
    {
        if (e.Operation == TraceOperation.Free)
            Free(e.Address, home, ThreadNames.NumberOf(e.Thread));
        else if (e.Operation is not (TraceOperation.Allocate or TraceOperation.Resize))
            Map(e);
        else if (e.Address != 0)
            Allocate(e, home);
    }

    void Allocate(in TraceEvent e, uint home)
    {
        var (thread, row, size) = (ThreadNames.NumberOf(e.Thread), Sites.RowOf(KnownSite(e.Site)), Math.Min(e.Size, MostBytes));
        ref var block = ref _live.Take(e.Address, home, out var isNew);
        if (!isNew || e.Operation == TraceOperation.Resize)
            TakeOver(ref block, isNew, e.Operation);
        Fill(ref block, e, row, thread, size);
        var weight = 1.0;
        if (_isSampled)
            _live.SetWeight(ref block, weight = e.Weight);
        Sites.Allocate(row, thread, Bytes(size, weight), weight, e.Time);
        _lastBlock[thread] = e.Address;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Fill(ref LiveBlock block, in TraceEvent e, int row, int thread, ulong size)
    {
        block.Address = e.Address;
        block.Size = size;
        block.Time = e.Time;
        block.Site = row;
        block.Thread = (ushort)thread;
        block.Function = e.Function;
    }

    /// <summary>A block is handed out where one is live, or one is resized.</summary>
    void TakeOver(ref LiveBlock before, bool isNew, TraceOperation operation)
    {
        if (isNew)
        {
            _unknownFrees++;
            return;
        }
        var weight = _live.Weight(ref before);
        Sites.Free(before.Site, before.Thread, Bytes(before.Size, weight), weight, temporary: false);
        if (operation != TraceOperation.Resize)
            _lostFrees++;
    }

    void Free(ulong address, uint home, int thread)
    {
        ref var block = ref _live.Find(address, home);
        if (Unsafe.IsNullRef(ref block))
            _unknownFrees++;
        else
        {
            var weight = _isSampled ? _live.Weight(ref block) : 1;
            Sites.Free(block.Site, block.Thread, Bytes(block.Size, weight), weight, temporary: _lastBlock[thread] == address);
            _live.Remove(ref block, home);
        }
        _lastBlock[thread] = 0;
    }

    void Map(in TraceEvent e)
    {
        var (site, thread) = (KnownSite(e.Site), ThreadNames.NumberOf(e.Thread));
        switch (e.Operation)
        {
            case TraceOperation.Map or TraceOperation.AttachShared:
                Mappings.Map(e, site, thread, e.Address, e.Size);
                break;
            case TraceOperation.Unmap:
                Mappings.Unmap(e.Address, e.Size);
                break;
            case TraceOperation.DetachShared:
                Mappings.Unmap(e.Address, Mappings.Find(new Address(e.Address))?.Range.Size.Bytes ?? 0);
                break;
            case TraceOperation.Remap:
                Mappings.Unmap(e.OldAddress, e.OldSize);
                Mappings.Map(e, site, thread, e.Address, e.Size);
                break;
            case TraceOperation.Protect:
                Mappings.Protect(e.Address, e.Size, e.Protection);
                break;
            case TraceOperation.MoveBreak when e.Address > e.OldAddress:
                Mappings.Map(e, site, thread, e.OldAddress, e.Address - e.OldAddress);
                break;
            case TraceOperation.MoveBreak:
                Mappings.Unmap(e.Address, e.OldAddress - e.Address);
                break;
        }
    }

    /// <summary>A node that was lost, with a part of a damaged file, is none.</summary>
    uint KnownSite(uint site) => CallNodes.Contains(site) ? site : 0;

    /// <summary>What a block of a sampled trace stands for.</summary>
    static long Bytes(ulong size, double weight) => weight == 1 ? (long)size : (long)Math.Min(Math.Round(size * weight), 1e18);
}
