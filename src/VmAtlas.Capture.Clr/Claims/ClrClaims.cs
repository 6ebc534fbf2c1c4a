using VmAtlas.Model;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Claims;

/// <summary>Claims the memory of a .NET process, by a report of its runtime and by the shape of its mappings.</summary>
/// <remarks>
/// A stretch the collector reserved is one region, with a block for each generation and state. The runtime's other heaps are many small
/// pieces scattered between the libraries, so each kind is one region made of all its pieces.
/// </remarks>
sealed class ClrClaims(AnnotationContext context, ManagedReport report)
{
    /// <summary>Without a report, a reservation of this size is the collector's: it asks for 256 MiB at least, the runtime's other heaps for 64 KiB
    /// at a time. Wrong where the heap has a hard limit below it: then it is a reservation of the runtime, no more.</summary>
    const ulong SmallestGcReservation = 64UL << 20;

    readonly bool _hasAllocations = context.Target is IAllocationSource;

    readonly int[] _regionOfKind = Filled(ManagedKinds.Count);
    int _collectors = -1, _any = -1;

    /// <summary>Claims what there is; false when that is nothing.</summary>
    public bool Claim()
    {
        ClaimCodeReserve();
        var runs = context.Target is IAllocationSource source ? AllocationRuns.Find(context, source, report) : ReservationRuns.Find(context);
        foreach (var run in runs)
            ClaimIfCollectors(run);
        foreach (var range in report.Ranges)
            ClaimByKind(range); // what a stretch of the collector has is claimed already
        foreach (var run in runs)
            ClaimAs(RangesIn(run.Range).Count > 0 ? ManagedKind.CodeReserve : ManagedKind.Other, run.Range);
        ClaimDoubleMapped();
        if (_any >= 0)
            AddFacts(_collectors >= 0 ? _collectors : _any);
        return _any >= 0;
    }

    /// <summary>Claims inaccessible memory that touches the doublemapped file: the rest of a stretch that was kept for code.</summary>
    void ClaimCodeReserve()
    {
        var mappings = context.Mappings;
        for (var i = 0; i < mappings.Count; i++)
        {
            if (mappings.Inodes[i] == 0 && context.Claims.IsFree(i) && ReservationRuns.IsReserved(mappings, i)
                && (Touches(i - 1, i) || Touches(i, i + 1)))
                ClaimAs(ManagedKind.CodeReserve, mappings.Range(i));
        }

        bool Touches(int lower, int upper) => lower >= 0 && upper < mappings.Count && mappings.Ends[lower] == mappings.Starts[upper]
            && (IsDoubleMapped(lower) || IsDoubleMapped(upper));
    }

    /// <summary>Makes a region of a stretch that the collector reserved: objects, its bookkeeping, and what it has not used yet.</summary>
    void ClaimIfCollectors(ReservationRun run)
    {
        var ranges = RangesIn(run.Range);
        var isCollectors = ranges.Count > 0
            ? ranges.Exists(r => r.Kind.HoldsObjects() || r.Kind is ManagedKind.FreeRegions or ManagedKind.Bookkeeping)
            : report.Evidence != ManagedEvidence.Debugger && run.Range.Size.Bytes >= SmallestGcReservation;
        if (!isCollectors)
            return;
        var region = context.Claims.AddRegion(MemoryType.ManagedHeap, DetailsOf(ranges), ranges.Count > 0 ? Told : ByShape);
        (_collectors, _any) = (_collectors < 0 ? region : _collectors, region);
        for (var i = run.First; i <= run.Last; i++)
        {
            context.Claims.Claim(region, i);
            if (!context.Mappings.Protections[i].IsAccessible())
                context.Claims.Label(region, context.Mappings.Range(i), ManagedKind.CollectorReserve.Name());
        }
        foreach (var range in Joined(ranges))
        {
            foreach (var (part, label) in Parts(range))
                context.Claims.Label(region, part, label);
        }
    }

    /// <summary>Neighbours with the same label as one: a large heap has thousands of regions.</summary>
    static IEnumerable<ManagedRange> Joined(List<ManagedRange> ranges)
    {
        for (var i = 0; i < ranges.Count; i++)
        {
            var joined = ranges[i];
            for (; i + 1 < ranges.Count && ranges[i + 1].Start == joined.End && ranges[i + 1].Kind == joined.Kind && ranges[i + 1].State == joined.State; i++)
                joined = joined with { End = ranges[i + 1].End };
            yield return joined;
        }
    }

    void ClaimByKind(ManagedRange range)
    {
        foreach (var (part, label) in Parts(range))
            context.Claims.ClaimRange(RegionOf(range.Kind), part, label);
    }

    /// <summary>Claims what is left of a range for a kind that only the mappings tell of.</summary>
    void ClaimAs(ManagedKind kind, AddressRange range) =>
        ClaimByKind(new ManagedRange(range.Start.Value, range.End.Value, kind, ManagedState.Used, Heap: -1));

    /// <summary>The parts of a range, cut where accessible memory meets what is address space only, whatever the runtime calls it.</summary>
    IEnumerable<(AddressRange Part, string Label)> Parts(ManagedRange range)
    {
        // Used memory is claimed to the end of its last page, so what follows begins after that page.
        const ulong page = 4096;
        var start = range.State == ManagedState.Used ? range.Start : (range.Start + page - 1) & ~(page - 1);
        var addresses = AddressRange.Of(start, Math.Max(start, range.End));
        foreach (var mapping in context.Claims.MappingsIn(addresses).ToList())
        {
            var state = context.Mappings.Protections[mapping].IsAccessible() ? range.State : ManagedState.Reserved;
            yield return (context.Mappings.Range(mapping).Intersect(addresses), range.Kind.Label(state));
        }
    }

    void ClaimDoubleMapped()
    {
        for (var i = 0; i < context.Mappings.Count; i++)
        {
            if (IsDoubleMapped(i) && context.Claims.OwnerOf(i) < 0)
                ClaimAs(ManagedKind.DoubleMapped, context.Mappings.Range(i));
        }
    }

    /// <summary>The region of all pieces of one kind, made when first needed.</summary>
    int RegionOf(ManagedKind kind)
    {
        ref var region = ref _regionOfKind[(int)kind];
        if (region < 0)
        {
            var reason = kind switch
            {
                ManagedKind.DoubleMapped => "the file behind it is named doublemapper, by which the .NET runtime writes and executes code",
                ManagedKind.CodeReserve when _hasAllocations => "the rest of what was allocated together with a heap of the runtime",
                ManagedKind.CodeReserve => "reserved the way the .NET runtime does (inaccessible, left out of core dumps), with its code in it or next to it",
                ManagedKind.Other => report.Evidence == ManagedEvidence.Debugger ? Told : ByShape,
                _ => Told,
            };
            region = context.Claims.AddRegion(MemoryType.ManagedHeap, $".NET {kind.Name()}", reason);
            _any = region;
        }
        return region;
    }

    string ByShape => _hasAllocations
        ? "a large private reservation in a .NET process"
        : "private memory reserved the way the .NET runtime does (inaccessible, left out of core dumps) in a .NET process";

    string Told => report.Evidence switch
    {
        ManagedEvidence.Debugger => "the runtime's own data structures, read by its debugger library",
        ManagedEvidence.EventPipe => "the runtime itself, asked over its diagnostics socket",
        _ => ByShape,
    };

    string DetailsOf(List<ManagedRange> ranges)
    {
        if (ranges.Count > 0 && ranges.TrueForAll(r => r.Kind == ranges[0].Kind))
            return $".NET GC heap: {ranges[0].Kind.Name()}";
        return Collector.Length > 0 ? $".NET GC heap ({Collector})" : ".NET GC heap";
    }

    /// <summary>"workstation, regions", as far as it is known.</summary>
    string Collector
    {
        get
        {
            var kind = report.IsServer switch { true => "server", false => "workstation", _ => null };
            var layout = report.HasRegions switch { true => "regions", false => "segments", _ => null };
            return string.Join(", ", new[] { kind, layout }.OfType<string>());
        }
    }

    void AddFacts(int region)
    {
        Add(ManagedUse.EvidenceFact, report.Evidence switch
        {
            ManagedEvidence.Debugger => "debugger library",
            ManagedEvidence.EventPipe => "EventPipe",
            _ => "shape",
        });
        Add(ManagedUse.VersionFact, report.RuntimeVersion);
        Add(ManagedUse.CollectorFact, Collector);
        Add(ManagedUse.WhyNotBetterFact, report.WhyNotBetter);
        foreach (var heap in CollectorHeapUse.Of(report).GroupBy(u => u.Heap))
            Add($"{CollectorHeapUse.Fact}{heap.Key}", CollectorHeapUse.Text(heap));

        void Add(string key, string? value)
        {
            if (value is { Length: > 0 })
                context.Claims.AddFact(region, key, value);
        }
    }

    /// <summary>The ranges that begin in a stretch, in order.</summary>
    List<ManagedRange> RangesIn(AddressRange stretch) =>
        [.. report.Ranges.Where(r => r.Start >= stretch.Start.Value && r.Start < stretch.End.Value)];

    bool IsDoubleMapped(int mapping) =>
        context.Mappings.Inodes[mapping] != 0 && context.Strings.Utf8(context.Mappings.Names[mapping]).StartsWith("/memfd:doublemapper"u8);

    static int[] Filled(int count)
    {
        var numbers = new int[count];
        Array.Fill(numbers, -1);
        return numbers;
    }
}
