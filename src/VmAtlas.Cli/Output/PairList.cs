namespace VmAtlas.Cli.Output;

/// <summary>Names and what belongs to them, in two columns.</summary>
static class PairList
{
    /// <summary>Columns to lay text out for where nothing says how many there are.</summary>
    public const int UsualWidth = 100;

    const int WidestName = 36;

    /// <summary>The second column is wrapped to the width; a long name gets a line of its own.</summary>
    public static void Write(Screen screen, IEnumerable<(string Name, string Text)> pairs)
    {
        var rows = pairs.ToList();
        var left = Math.Min(WidestName, rows.Max(r => r.Name.Length));
        var right = Math.Max(24, (screen.Width ?? UsualWidth) - left - 4);
        foreach (var (name, text) in rows)
        {
            screen.Write($"  {name.PadRight(left)}");
            var lines = Cut.Lines(text, right).ToList();
            for (var i = 0; i < lines.Count; i++)
            {
                if (i > 0 || name.Length > left)
                {
                    screen.Line();
                    screen.Spaces(left + 2);
                }
                screen.Write("  ");
                screen.Write(lines[i]);
            }
            screen.Line();
        }
    }
}
