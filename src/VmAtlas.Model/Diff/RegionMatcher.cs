using System.Runtime.InteropServices;

namespace VmAtlas.Model;

/// <summary>Finds for each region of an earlier snapshot the region of a later one that is the same thing.</summary>
/// <remarks>
/// <para>Within one process a region is first of all where it is: the same start, or (a stack, a heap that grew downwards) the
/// same end. Between two processes, or two runs of a program, addresses mean nothing, and a region is what it is: its type and details,
/// by their text first and then by their text without numbers.</para>
/// <para>Among equals (fifty unnamed mappings) those of equal size pair in order of address and then the largest with the largest,
/// which makes the changes shown as small as they can be. That is a guess: it is wrong where one was freed and another of its kind
/// made. Within one process unnamed memory is therefore never paired over different addresses.</para>
/// <para>A type never changes: a region claimed for another type is gone and new, so that changes add up by type.
/// Each step is one pass over what is left, with a hash table: linear.</para>
/// </remarks>
sealed class RegionMatcher
{
    readonly record struct Key(int Identity, MemoryType Type, ulong Number);

    readonly record struct Side(Snapshot Snapshot, RegionIdentity Identity, ulong[] Sizes, int[] Partners, int[] BySize);

    readonly Side _before, _after;

    public RegionMatcher(Snapshot before, Snapshot after)
    {
        var (a, b) = RegionIdentity.Of(before, after);
        (_before, _after) = (Look(before, a), Look(after, b));
    }

    /// <summary>For each region of the later snapshot its partner in the earlier, or -1.</summary>
    public int[] Match(bool sameProcess)
    {
        if (sameProcess)
            MatchByPlace();
        else
            MatchByNature();
        return _after.Partners;
    }

    void MatchByPlace()
    {
        Pair((s, r) => new Key(s.Identity.Exact[r], Type(s, r), Start(s, r)));
        Pair((s, r) => new Key(Type(s, r) > MemoryType.Shareable ? 0 : s.Identity.Normal[r], Type(s, r), Start(s, r)));
        Pair((s, r) => new Key(s.Identity.Normal[r], Type(s, r), End(s, r)));
        Pair((s, r) => s.Identity.Exact[r] == 0 ? null : new Key(s.Identity.Exact[r], Type(s, r), s.Sizes[r]));
        Pair((s, r) => s.Identity.Exact[r] == 0 ? null : new Key(s.Identity.Exact[r], Type(s, r), 0), bySize: true);
    }

    void MatchByNature()
    {
        Pair((s, r) => new Key(s.Identity.Exact[r], Type(s, r), s.Sizes[r]));
        Pair((s, r) => s.Identity.Exact[r] == 0 ? null : new Key(s.Identity.Exact[r], Type(s, r), 0), bySize: true);
        Pair((s, r) => new Key(s.Identity.Normal[r], Type(s, r), s.Sizes[r]));
        Pair((s, r) => new Key(s.Identity.Normal[r], Type(s, r), 0), bySize: true);
    }

    /// <summary>Pairs what is left and has equal keys, in order of address or the largest first. A null key leaves a region
    /// to later steps.</summary>
    void Pair(Func<Side, int, Key?> keyOf, bool bySize = false)
    {
        var waiting = new Dictionary<Key, int>();
        var next = new int[_before.Sizes.Length];
        for (var i = next.Length - 1; i >= 0; i--)
        {
            var region = bySize ? _before.BySize[i] : i;
            if (_before.Partners[region] >= 0 || keyOf(_before, region) is not { } key)
                continue;
            ref var first = ref CollectionsMarshal.GetValueRefOrAddDefault(waiting, key, out _);
            (next[region], first) = (first, region + 1);
        }
        for (var i = 0; i < _after.Sizes.Length; i++)
        {
            var region = bySize ? _after.BySize[i] : i;
            if (_after.Partners[region] >= 0 || keyOf(_after, region) is not { } key)
                continue;
            ref var first = ref CollectionsMarshal.GetValueRefOrNullRef(waiting, key);
            if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref first) || first == 0)
                continue;
            var partner = first - 1;
            first = next[partner];
            (_after.Partners[region], _before.Partners[partner]) = (partner, region);
        }
    }

    static Side Look(Snapshot snapshot, RegionIdentity identity)
    {
        var rows = new SnapshotRows(snapshot, RowLevel.Region);
        var partners = new int[rows.Count];
        Array.Fill(partners, -1);
        var size = Columns.Of(Measure.Size);
        return new Side(snapshot, identity, size.GetAll(rows), partners, RowSort.By(rows, size, descending: true));
    }

    static MemoryType Type(Side side, int region) => side.Snapshot.Regions.Types[region];

    static ulong Start(Side side, int region) => side.Snapshot.Blocks.Starts[side.Snapshot.Regions.FirstBlocks[region]];

    static ulong End(Side side, int region) => side.Snapshot.Blocks.Ends[side.Snapshot.Regions.LastBlocks[region]];
}
