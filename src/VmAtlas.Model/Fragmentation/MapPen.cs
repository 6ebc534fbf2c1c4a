namespace VmAtlas.Model;

/// <summary>Draws stretches into cells one after the other.</summary>
sealed class MapPen(ulong cellBytes)
{
    readonly List<MapCell> _cells = [];
    readonly ulong[] _bytes = new ulong[MemoryTypes.Count];
    MapCell _cell;
    bool _isOpen;

    public void Fold(MapStretch stretch)
    {
        Close();
        _cells.Add(new MapCell
        {
            Range = AddressRange.Of(stretch.Start, stretch.End), Type = stretch.Type, IsFolded = true,
            Mapped = IsGap(stretch.Type) ? 0 : stretch.Size,
        });
    }

    public void Add(MapStretch stretch)
    {
        for (var at = stretch.Start; at < stretch.End;)
        {
            if (!_isOpen)
                (_cell, _isOpen) = (new MapCell { Range = AddressRange.Of(at, at) }, true);
            var start = _cell.Range.Start.Value;
            var end = Math.Min(stretch.End, unchecked(start + cellBytes) > start ? start + cellBytes : ulong.MaxValue);
            _cell.Range = AddressRange.Of(start, end);
            _bytes[(int)stretch.Type] += end - at;
            _cell.Mapped += IsGap(stretch.Type) ? 0 : end - at;
            _cell.Resident += (ulong)((UInt128)stretch.Resident * (end - at) / stretch.Size);
            at = end;
            if (_cell.Range.Size.Bytes == cellBytes)
                Close();
        }
    }

    public MapCell[] End()
    {
        Close();
        return [.. _cells];
    }

    /// <summary>The type is that of most mapped bytes, unless more than nine tenths of the cell are gap.</summary>
    void Close()
    {
        if (!_isOpen)
            return;
        var bytes = _bytes.AsSpan();
        var from = _cell.Mapped * 10 >= _cell.Range.Size.Bytes ? bytes[..(int)MemoryType.Unusable] : bytes;
        _cell.Type = (MemoryType)from.IndexOf(Max(from));
        _cells.Add(_cell);
        bytes.Clear();
        _isOpen = false;
    }

    static ulong Max(ReadOnlySpan<ulong> values)
    {
        var max = 0UL;
        foreach (var value in values)
            max = Math.Max(max, value);
        return max;
    }

    static bool IsGap(MemoryType type) => type >= MemoryType.Unusable;
}
