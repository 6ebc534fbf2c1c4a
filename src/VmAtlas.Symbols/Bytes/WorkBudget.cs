namespace VmAtlas.Symbols.Bytes;

/// <summary>How much work one object may cause, so that a file made to waste time costs no more than an honest one of its size times a constant.</summary>
/// <remarks>Counted in steps (an attribute, a row, an entry of a list) and not by a clock, so that the same file always gives the same answer.</remarks>
sealed class WorkBudget(long steps)
{
    /// <summary>Real objects need less than one step a byte.</summary>
    const long StepsPerByte = 16, Least = 1 << 20;

    long _left = steps;

    public static WorkBudget ForFile(long length) => new(Least + Math.Min(length, long.MaxValue / 64) * StepsPerByte);

    public long Left => Interlocked.Read(ref _left);

    public void Spend(long steps)
    {
        if (Interlocked.Add(ref _left, -steps) < 0)
            SymbolFormatException.Throw("asks for more work than its size can explain, so the rest of it was not read");
    }
}
