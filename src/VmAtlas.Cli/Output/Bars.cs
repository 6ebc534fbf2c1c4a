using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>VMMap's three bars: Committed, Private Bytes and Working Set, stacked by type in the summary's order, all on one scale.</summary>
static class Bars
{
    const int NameWidth = 13;

    static readonly (string Name, Measure Measure)[] s_bars =
    [
        ("Committed", Measure.Committed), ("Private Bytes", Measure.Private), ("Working Set", Measure.TotalWs),
    ];

    public static void Write(Screen screen, Snapshot snapshot)
    {
        var (totals, scale) = (snapshot.Summary.Total.Measures, 0UL);
        foreach (var (_, measure) in s_bars)
            scale = Math.Max(scale, totals[measure]);
        if (scale == 0)
            return;
        // No total is longer than the largest one.
        var figures = Figures.Kib(scale).Length;
        var width = screen.DrawingWidth - NameWidth - figures - 4;
        foreach (var (name, measure) in s_bars)
        {
            if (!snapshot.Has(measure))
                continue;
            screen.Write(name.PadRight(NameWidth + 2));
            WriteBar(screen, Parts(snapshot.Summary, measure), scale, width);
            screen.Line($"  {Figures.Kib(totals[measure]).PadLeft(figures)}");
        }
    }

    static ulong[] Parts(Summary summary, Measure measure)
    {
        var parts = new ulong[MemoryTypes.Count];
        for (var t = 0; t < parts.Length; t++)
            parts[t] = ((MemoryType)t).CountsInTotal() ? summary[(MemoryType)t].Measures[measure] : 0;
        return parts;
    }

    /// <summary>With colours each column holds two halves, so that a bar is twice as fine as its letters.</summary>
    static void WriteBar(Screen screen, ReadOnlySpan<ulong> parts, ulong scale, int width)
    {
        var halves = new MemoryType[width * 2];
        Fill(parts, scale, halves);
        for (var i = 0; i < width; i++)
        {
            var (left, right) = (halves[i * 2], halves[i * 2 + 1]);
            if (!screen.HasColours)
                screen.Write(left == MemoryType.Free ? ' ' : Palette.Letter(left));
            else
                WriteHalves(screen, left, right);
        }
    }

    static void WriteHalves(Screen screen, MemoryType left, MemoryType right)
    {
        if (left == MemoryType.Free)
            screen.Write(' ');
        else if (left == right)
            screen.Write('█', new Ink(Palette.Colour(left)));
        else
            screen.Write('▌', new Ink(Palette.Colour(left), right == MemoryType.Free ? null : Palette.Colour(right)));
    }

    /// <summary>Each type from where the sum of those before it ends to where its own ends; the rest is <see cref="MemoryType.Free"/>.</summary>
    internal static void Fill(ReadOnlySpan<ulong> parts, ulong scale, Span<MemoryType> cells)
    {
        cells.Fill(MemoryType.Free);
        var (sum, at) = (0UL, 0);
        for (var t = 0; t < parts.Length; t++)
        {
            sum += parts[t];
            var end = (int)((decimal)sum * cells.Length / scale);
            if (end > at)
                cells[at..end].Fill((MemoryType)t);
            at = Math.Max(at, end);
        }
    }
}
