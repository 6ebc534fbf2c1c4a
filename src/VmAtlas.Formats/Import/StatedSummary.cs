using VmAtlas.Model;

namespace VmAtlas.Formats.Import;

/// <summary>What a foreign file says of each type in its own summary, in bytes; kept beside the rows, because the two need not agree.</summary>
sealed class StatedSummary
{
    readonly Dictionary<MemoryType, StatedRow> _rows = [];

    public StatedRow? Total { get; private set; }

    public StatedRow? this[MemoryType type] => _rows.TryGetValue(type, out var row) ? row : null;

    public bool IsEmpty => _rows.Count == 0;

    public IEnumerable<KeyValuePair<MemoryType, StatedRow>> Rows => _rows.OrderBy(r => r.Key);

    /// <param name="type">Null for Total.</param>
    public void Add(MemoryType? type, StatedRow row)
    {
        if (type is { } t)
            _rows[t] = row;
        else
            Total = row;
    }

    public ulong Get(MemoryType type, Measure measure) => this[type]?.Sizes.Get(measure) ?? 0;
}

/// <summary>One row of a stated summary.</summary>
readonly record struct StatedRow(ImportedRow Sizes, long Blocks, ulong Largest);
