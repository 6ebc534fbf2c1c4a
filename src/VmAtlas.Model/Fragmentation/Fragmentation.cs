using System.Numerics;

namespace VmAtlas.Model;

/// <summary>Free holes of one size class.</summary>
/// <param name="From">Smallest size of the class: a power of two.</param>
/// <param name="Count">How many holes are at least <paramref name="From"/> and less than twice that.</param>
/// <param name="Bytes">Their sizes together.</param>
/// <param name="Largest">The largest of them.</param>
public readonly record struct HoleClass(ulong From, int Count, ulong Bytes, ulong Largest);

/// <summary>How much of what a type reserved is used.</summary>
/// <param name="Type">Null for all types with addresses together.</param>
/// <param name="Committed">Null where the target did not tell, as for <paramref name="Resident"/>.</param>
public readonly record struct TypeUse(MemoryType? Type, ulong Size, ulong? Committed, ulong? Resident)
{
    /// <summary>Committed part of Size, 0 to 1; null where it is unknown or there is nothing.</summary>
    public double? CommittedShare => Size == 0 ? null : Committed / (double)Size;

    /// <summary>Resident part of Size, 0 to 1.</summary>
    public double? ResidentShare => Size == 0 ? null : Resident / (double)Size;
}

/// <summary>The free holes of an address space, and how well the rest is used.</summary>
public sealed class Fragmentation
{
    readonly Snapshot _snapshot;

    Fragmentation(Snapshot snapshot, HoleClass[] classes, TypeUse[] uses)
    {
        (_snapshot, Holes, Uses) = (snapshot, classes, uses);
        foreach (var hole in classes)
            (Count, FreeBytes, Largest) = (Count + hole.Count, FreeBytes + hole.Bytes, Math.Max(Largest, hole.Largest));
    }

    /// <summary>Size classes that have holes, the smallest first.</summary>
    public IReadOnlyList<HoleClass> Holes { get; }

    /// <summary>All types with addresses together, then each that has any.</summary>
    public IReadOnlyList<TypeUse> Uses { get; }

    /// <summary>Number of free holes.</summary>
    public int Count { get; }

    public ulong FreeBytes { get; }

    /// <summary>Bytes of the largest hole.</summary>
    public ulong Largest { get; }

    /// <summary>
    /// 1 − largest hole ÷ all free bytes: 0 when all that is free is in one piece, near 1 when it is in crumbs; 0 when nothing is free.
    /// </summary>
    /// <remarks>With 47-bit addresses it is nearly 0 for every ordinary process: the index speaks in 32-bit processes.</remarks>
    public double Index => FreeBytes == 0 ? 0 : 1 - (Largest / (double)FreeBytes);

    public static Fragmentation Of(Snapshot snapshot) => new(snapshot, Classes(snapshot.Gaps), UsesOf(snapshot));

    /// <summary>The hole in which the largest allocation of an alignment fits, cut to that alignment; empty when none fits.</summary>
    /// <param name="alignment">A power of two: the page size, or that of huge pages.</param>
    /// <remarks>The system may refuse it for other reasons: limits, the number of mappings, the commit limit.</remarks>
    public AddressRange LargestFit(ByteSize alignment)
    {
        if (!BitOperations.IsPow2(alignment.Bytes))
            throw new ArgumentException("an alignment is a power of two", nameof(alignment));
        var (gaps, mask, best) = (_snapshot.Gaps, alignment.Bytes - 1, default(AddressRange));
        for (var i = 0; i < gaps.Count; i++)
        {
            var hole = gaps.Range(i);
            var start = unchecked(hole.Start.Value + mask) & ~mask;
            var end = hole.End.Value & ~mask;
            if (gaps.Type(i) == MemoryType.Free && start >= hole.Start.Value && end > start && end - start > best.Size.Bytes)
                best = AddressRange.Of(start, end);
        }
        return best;
    }

    static HoleClass[] Classes(GapTable gaps)
    {
        var classes = new HoleClass[64];
        for (var i = 0; i < gaps.Count; i++)
        {
            if (gaps.Type(i) != MemoryType.Free)
                continue;
            var size = gaps.Range(i).Size.Bytes;
            ref var hole = ref classes[BitOperations.Log2(size)];
            hole = new HoleClass(1UL << BitOperations.Log2(size), hole.Count + 1, hole.Bytes + size, Math.Max(hole.Largest, size));
        }
        return Array.FindAll(classes, c => c.Count > 0);
    }

    static TypeUse[] UsesOf(Snapshot snapshot)
    {
        var uses = new List<TypeUse>();
        var all = new MeasureSet();
        for (var type = MemoryType.Image; type <= MemoryType.PrivateData; type++)
        {
            var row = snapshot.Summary[type];
            all.Add(row.Measures);
            if (row.Regions > 0)
                uses.Add(Use(type, row.Measures));
        }
        return [Use(null, all), .. uses];
    }

    static TypeUse Use(MemoryType? type, in MeasureSet measures) =>
        new(type, measures[Measure.Size], Known(measures, Measure.Committed), Known(measures, Measure.TotalWs));

    static ulong? Known(in MeasureSet measures, Measure measure) => measures.Has(measure) ? measures[measure] : null;
}
