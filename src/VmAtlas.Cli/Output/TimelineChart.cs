using System.Globalization;
using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>A stacked chart over time: types in the summary's order from the bottom, each column the snapshot with the most in its time.</summary>
/// <remarks>A column in whose time no snapshot was taken shows the one before: what was known then.</remarks>
static class TimelineChart
{
    public static void Write(Screen screen, TimelineSeries series, Measure measure, int height)
    {
        var most = Enumerable.Range(0, series.Count).Max(i => series.Value(null, measure, i) ?? 0);
        if (most == 0)
            return;
        var labels = Math.Max(Figures.Kib(most).Length, 3);
        var width = screen.DrawingWidth - labels - 2;
        var columns = Columns(series, measure, width, most, height * 2);
        for (var line = 0; line < height; line++)
        {
            screen.Write(Label(line, height, most).PadLeft(labels), Palette.Muted);
            screen.Write(" │", Palette.Muted);
            WriteLine(screen, columns, (height - 1 - line) * 2);
            screen.Line();
        }
        WriteAxis(screen, series, labels, width);
    }

    static string Label(int line, int height, ulong most) => line == 0 ? Figures.Kib(most)
        : line == height / 2 ? Figures.Kib(most / (ulong)height * (ulong)(height - line))
        : line == height - 1 ? "0 K" : "";

    static MemoryType[][] Columns(TimelineSeries series, Measure measure, int width, ulong most, int cells)
    {
        var (chosen, columns, last) = (series.Resample(measure, width), new MemoryType[width][], 0);
        var parts = new ulong[MemoryTypes.Count];
        for (var c = 0; c < width; c++)
        {
            last = chosen[c] < 0 ? last : chosen[c];
            for (var t = 0; t < parts.Length; t++)
                parts[t] = ((MemoryType)t).CountsInTotal() ? series.Value((MemoryType)t, measure, last) ?? 0 : 0;
            Bars.Fill(parts, most, columns[c] = new MemoryType[cells]);
        }
        return columns;
    }

    /// <summary>With colours a character shows two cells, the upper in the background.</summary>
    static void WriteLine(Screen screen, MemoryType[][] columns, int lower)
    {
        foreach (var column in columns)
        {
            var (below, above) = (column[lower], column[lower + 1]);
            if (below == MemoryType.Free)
                screen.Write(' ');
            else if (!screen.HasColours)
                screen.Write(Palette.Letter(below));
            else if (above == below)
                screen.Write('█', new Ink(Palette.Colour(below)));
            else
                screen.Write('▄', new Ink(Palette.Colour(below), above == MemoryType.Free ? null : Palette.Colour(above)));
        }
    }

    static void WriteAxis(Screen screen, TimelineSeries series, int labels, int width)
    {
        screen.Spaces(labels);
        screen.Line($" └{new string('─', width)}", Palette.Muted);
        var (first, last) = (Time(series.Times[0]), Time(series.Times[^1]));
        screen.Spaces(labels + 2);
        screen.Line(first + last.PadLeft(Math.Max(last.Length + 1, width - first.Length)), Palette.Muted);
    }

    static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
