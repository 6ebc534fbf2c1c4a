namespace VmAtlas.Model;

/// <summary>A bound of a comparison: a number, or so many per cent of the column's total.</summary>
readonly record struct NumberBound(ulong Number, decimal Percent = -1)
{
    /// <summary>The bound in a snapshot; a percentage may lie between two numbers.</summary>
    public decimal In(NumberColumn column, Snapshot snapshot) => Percent < 0
        ? Number
        : column is MeasureColumn measure ? snapshot.Summary.Total.Measures[measure.Measure] * Percent / 100 : 0;
}

/// <summary>The numbers a comparison asks for.</summary>
readonly record struct NumberRange(string Sign, NumberBound Bound)
{
    static readonly (ulong Low, ulong High) s_none = (1, 0);

    /// <summary>The least and the greatest number that fit; least above greatest when none does.</summary>
    public (ulong Low, ulong High) Of(NumberColumn column, Snapshot snapshot)
    {
        var bound = Bound.In(column, snapshot);
        bound = Math.Min(bound, ulong.MaxValue);
        var (floor, ceiling) = ((ulong)decimal.Floor(bound), (ulong)decimal.Ceiling(bound));
        return Sign switch
        {
            ">" => floor == ulong.MaxValue ? s_none : (floor + 1, ulong.MaxValue),
            ">=" => (ceiling, ulong.MaxValue),
            "<" => ceiling == 0 ? s_none : (0UL, ceiling - 1),
            "<=" => (0UL, floor),
            _ => (ceiling, floor),
        };
    }
}
