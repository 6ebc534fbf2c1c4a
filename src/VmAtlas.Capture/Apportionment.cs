namespace VmAtlas.Capture;

/// <summary>Shares an amount out over parts, so that the parts add up to it exactly.</summary>
public static class Apportionment
{
    /// <summary>
    /// Shares <paramref name="total"/> out in proportion to the weights, none more than its cap, in whole <paramref name="unit"/>s as far
    /// as the total is made of them. Exact when the weights add up to the total: then each part is its weight.
    /// </summary>
    /// <returns>Whether the weights added up to the total, so that the result is known and not estimated.</returns>
    /// <remarks>
    /// Cumulative rounding: part i gets floor(total × W(i)) − floor(total × W(i − 1)) for running weights W, which sums without a
    /// remainder to place, and gives a run of parts the same sum however it is cut, as long as no cap is met.
    /// What a cap cuts off goes to the next parts with room, first to last. The caps hold the total when a cap is a piece's size
    /// and the total a measure of the whole; where they do not (a mapping clipped while it changed), the last part takes the rest,
    /// because a sum that does not hold would be worse.
    /// </remarks>
    public static bool Share(ulong total, ReadOnlySpan<ulong> weights, ReadOnlySpan<ulong> caps, Span<ulong> parts, ulong unit)
    {
        var sum = 0UL;
        foreach (var w in weights)
            sum = checked(sum + w);
        if (sum == total)
        {
            weights.CopyTo(parts);
            return true;
        }
        var (running, given) = (0UL, 0UL);
        for (var i = 0; i < parts.Length; i++)
        {
            running += weights[i];
            var upTo = sum == 0 ? 0 : (ulong)((UInt128)total * running / sum);
            upTo -= upTo % unit;
            var (part, cap) = (upTo - Math.Min(upTo, given), caps[i]);
            parts[i] = Math.Min(part, cap);
            given += parts[i];
        }
        for (var i = 0; i < parts.Length && given < total; i++)
        {
            var more = Math.Min(total - given, caps[i] - parts[i]);
            parts[i] += more;
            given += more;
        }
        if (given < total)
            parts[^1] += total - given;
        return total == 0;
    }
}
