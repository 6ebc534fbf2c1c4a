using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VmAtlas.Model.Tracing;

/// <summary>What one thread asked for at one call site: one cache line.</summary>
[StructLayout(LayoutKind.Sequential)]
struct SiteShare
{
    /// <summary>Blocks handed out, given back, given back at once, by <see cref="BlockFate"/>: so an event changes one place and no more.</summary>
    public SumsByFate Sums;

    /// <summary>Bytes live at the peak <see cref="PeakNumber"/>.</summary>
    public long AtPeak;

    /// <summary>Number of the peak that <see cref="AtPeak"/> is of; 0 for none.</summary>
    public uint PeakNumber;

    /// <summary>Row of the site in the <see cref="SiteTable"/>.</summary>
    public int Site;

    public readonly long Live => unchecked(Sums[0].Bytes - Sums[1].Bytes - Sums[2].Bytes);

    public readonly SiteFigures Figures(uint peakNumber) => new(Live, Sums[0].Count - Sums[1].Count - Sums[2].Count, Sums[0].Bytes, Sums[0].Count)
    {
        AtPeakBytes = PeakNumber == peakNumber ? AtPeak : Live,
        TemporaryCount = Sums[2].Count,
    };
}

/// <summary>What an event says of a block.</summary>
enum BlockFate
{
    HandedOut,
    GivenBack,

    /// <summary>By the next thing its thread did with memory: a temporary one.</summary>
    GivenBackAtOnce,
}

/// <param name="Count">How many blocks: a fraction in a sampled trace.</param>
struct SumOfBlocks
{
    public long Bytes;
    public double Count;
}

[InlineArray(3)]
struct SumsByFate
{
    SumOfBlocks _first;
}
