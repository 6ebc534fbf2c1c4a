namespace VmAtlas.Tracing.Session;

/// <summary>How many blocks a recorded one of its size stands for: 1/(1 − e^(−size/interval)), or 1 when every block is recorded.</summary>
sealed class WeightTable(ulong interval)
{
    const int Small = 4096;

    readonly double[] _small = interval == 0 ? [] : [.. Enumerable.Range(0, Small).Select(size => Compute((ulong)size, interval))];

    public bool IsExact => interval == 0;

    public double Of(ulong size) => interval == 0 ? 1 : size < Small ? _small[size] : Compute(size, interval);

    /// <summary>A block of no bytes is never sampled.</summary>
    static double Compute(ulong size, ulong interval) => size == 0 ? 0 : 1 / -double.ExpM1(-(double)size / interval);
}
