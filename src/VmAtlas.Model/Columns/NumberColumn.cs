using System.Globalization;

namespace VmAtlas.Model;

/// <summary>A column of numbers: bytes, counts, addresses, devices.</summary>
/// <param name="ofBlock">A block's value.</param>
/// <param name="ofRegion">A region's value; null where it is that of its first block.</param>
public class NumberColumn(
    string key, string title, ColumnKind kind, Func<Snapshot, int, ulong> ofBlock, Func<Snapshot, int, ulong>? ofRegion = null)
    : Column(key, title, kind)
{
    public virtual ulong Get(SnapshotRows rows, int row) => rows.Level == RowLevel.Region && ofRegion is not null
        ? ofRegion(rows.Snapshot, row)
        : ofBlock(rows.Snapshot, rows.BlockOf(row));

    /// <summary>Every row's value.</summary>
    public virtual ulong[] GetAll(SnapshotRows rows)
    {
        var values = new ulong[rows.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = Get(rows, i);
        return values;
    }

    public sealed override ulong[] SortKeys(SnapshotRows rows) => GetAll(rows);

    public sealed override string Text(SnapshotRows rows, int row) => Format(Get(rows, row));

    public string Format(ulong value) => Kind switch
    {
        ColumnKind.Address => new Address(value).ToString(),
        ColumnKind.Device => string.Create(CultureInfo.InvariantCulture, $"{value >> 20:x2}:{value & 0xfffff:x2}"),
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Reads a value as people write it: "10M" or "0x1000" for bytes, "7f12ab" for an address, "fe:01" for a device.</summary>
    public bool TryParse(ReadOnlySpan<char> text, out ulong value)
    {
        if (Kind == ColumnKind.Device)
            return TryParseDevice(text, out value);
        if (Kind == ColumnKind.Address || text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            var isAddress = Address.TryParse(text, out var address);
            value = address.Value;
            return isAddress;
        }
        if (Kind == ColumnKind.Number)
            return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        var isSize = ByteSize.TryParse(text, out var size);
        value = size.Bytes;
        return isSize;
    }

    static bool TryParseDevice(ReadOnlySpan<char> text, out ulong value)
    {
        value = 0;
        var colon = text.IndexOf(':');
        if (colon < 0
            || !uint.TryParse(text[..colon], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var major)
            || !uint.TryParse(text[(colon + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var minor)
            || major > 0xfff || minor > 0xfffff)
            return false;
        value = (ulong)major << 20 | minor;
        return true;
    }
}

/// <summary>How many mappings there are: of a block one, or none where it is a further piece of the mapping before.</summary>
sealed class MappingsColumn() : NumberColumn(
    "blocks", "Blocks", ColumnKind.Number, (s, block) => Of(s, block), (s, region) => (ulong)s.RegionAt(region).MappingCount)
{
    public override ulong[] GetAll(SnapshotRows rows)
    {
        var counts = new ulong[rows.Count];
        var regions = rows.Snapshot.Blocks.Regions;
        for (var i = 0; i < regions.Length; i++)
            counts[rows.Level == RowLevel.Block ? i : regions[i]] += Of(rows.Snapshot, i);
        return counts;
    }

    static ulong Of(Snapshot snapshot, int block) => (snapshot.Blocks.Facts[block] & BlockFlags.StartsMapping) != 0 ? 1UL : 0;
}

/// <summary>The column of one <see cref="Model.Measure"/>.</summary>
public sealed class MeasureColumn(Measure measure) : NumberColumn(
    measure.JsonName(), measure.Title(), ColumnKind.Bytes,
    (s, block) => s.Blocks.Get(measure, block), (s, region) => s.RegionAt(region).Get(measure))
{
    public Measure Measure => measure;

    public override bool IsKnown(Snapshot snapshot) => snapshot.Has(measure);

    public override ulong[] GetAll(SnapshotRows rows) => rows.Values(measure);
}
