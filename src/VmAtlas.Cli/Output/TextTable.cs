namespace VmAtlas.Cli.Output;

/// <summary>Writes one cell of a row.</summary>
delegate void CellFormat(int row, Cell cell);

/// <summary>A column of a <see cref="TextTable"/>.</summary>
/// <param name="Title">Broken at its last space into two lines where the table would be too wide.</param>
sealed record TableColumn(string Title, CellFormat Format)
{
    /// <summary>Figures stand right, texts left.</summary>
    public bool Right { get; init; }

    /// <summary>Takes what room is left and is cut in its middle when that is too little. At most one column of a table.</summary>
    public bool Flexible { get; init; }

    /// <summary>The most columns of a terminal it takes; longer texts are cut in their middle.</summary>
    public int Most { get; init; } = int.MaxValue;

    /// <summary>Left out when the terminal is too narrow, the highest first; 0 is never left out.</summary>
    public int DropOrder { get; init; }
}

/// <summary>Rows in aligned columns. Every cell is written twice, once to learn the widths and once to print, so no row is ever kept.</summary>
sealed class TextTable(IReadOnlyList<TableColumn> columns, int rows)
{
    const int BelowIndent = 6;

    readonly Cell _cell = new();

    /// <summary>Between two columns.</summary>
    public int Gap { get; init; } = 2;

    public bool Headings { get; init; } = true;

    public string Indent { get; init; } = "";

    /// <summary>Writes a sentence to stand below a row; none where it writes nothing.</summary>
    public CellFormat? Below { get; init; }

    /// <returns>Titles of the columns left out for want of width.</returns>
    public IReadOnlyList<string> Write(Screen screen)
    {
        var widths = new int[columns.Count];
        for (var c = 0; c < widths.Length; c++)
            widths[c] = Math.Max(Measure(screen, c), Headings ? CellWidth.Of(columns[c].Title) : 0);
        var layout = new Layout(columns, widths, Gap);
        var stacked = screen.Width is { } width && layout.Fit(width - Indent.Length, c => Narrowest(screen, c));
        if (Headings)
            WriteHeadings(screen, layout, stacked);
        for (var row = 0; row < rows; row++)
            WriteRow(screen, layout, row);
        return layout.LeftOut;
    }

    /// <summary>Tells which columns are missing and why.</summary>
    public static void NoteLeftOut(Screen screen, IReadOnlyList<string> titles)
    {
        if (titles.Count > 0)
            screen.Sentence($"not shown on so narrow a terminal: {string.Join(", ", titles)}", Palette.Muted, indent: 3);
    }

    int Measure(Screen screen, int column)
    {
        var widest = 0;
        for (var row = 0; row < rows; row++)
        {
            Format(column, row);
            widest = Math.Max(widest, CellWidth.Of(_cell.Text));
        }
        return screen.Width is null ? widest : Math.Min(widest, columns[column].Most);
    }

    /// <summary>The width a column needs when its title is broken in two.</summary>
    int Narrowest(Screen screen, int column)
    {
        var (top, bottom) = Break(columns[column].Title);
        return Math.Max(Measure(screen, column), Math.Max(top.Length, bottom.Length));
    }

    void Format(int column, int row)
    {
        _cell.Clear();
        columns[column].Format(row, _cell);
    }

    void WriteHeadings(Screen screen, Layout layout, bool stacked)
    {
        if (stacked && layout.Shown.Any(c => Break(columns[c].Title).Top.Length > 0))
            WriteLine(screen, layout, c => _cell.Append(Break(columns[c].Title).Top), Palette.Heading);
        WriteLine(screen, layout, c => _cell.Append(stacked ? Break(columns[c].Title).Bottom : columns[c].Title), Palette.Heading);
    }

    void WriteLine(Screen screen, Layout layout, Action<int> format, Ink ink)
    {
        var pending = 0;
        screen.Write(Indent);
        foreach (var c in layout.Shown)
        {
            _cell.Clear();
            format(c);
            _cell.Ink = ink;
            pending = WriteCell(screen, layout, c, pending);
        }
        screen.Line();
    }

    void WriteRow(Screen screen, Layout layout, int row)
    {
        var pending = 0;
        screen.Write(Indent);
        foreach (var c in layout.Shown)
        {
            Format(c, row);
            pending = WriteCell(screen, layout, c, pending);
        }
        screen.Line();
        WriteBelow(screen, row);
    }

    void WriteBelow(Screen screen, int row)
    {
        if (Below is null)
            return;
        _cell.Clear();
        Below(row, _cell);
        if (!_cell.Text.IsEmpty)
            screen.Sentence(_cell.Text.ToString(), _cell.Ink, BelowIndent);
    }

    /// <summary>Spaces wait until something follows them, so that no line ends in spaces.</summary>
    int WriteCell(Screen screen, Layout layout, int column, int pending)
    {
        var text = Cut.Middle(_cell.Text, layout.Width(column));
        var room = layout.Width(column) - CellWidth.Of(text);
        var before = pending + (columns[column].Right ? room : 0);
        if (text.IsEmpty)
            return pending + layout.Width(column) + Gap;
        screen.Spaces(before);
        screen.Write(text, _cell.Ink);
        return Gap + (columns[column].Right ? 0 : room);
    }

    static (string Top, string Bottom) Break(string title)
    {
        var space = title.LastIndexOf(' ');
        return space < 0 ? ("", title) : (title[..space], title[(space + 1)..]);
    }

    /// <summary>Which columns are shown and how wide.</summary>
    sealed class Layout(IReadOnlyList<TableColumn> columns, int[] widths, int gap)
    {
        public List<int> Shown { get; } = [.. Enumerable.Range(0, columns.Count)];

        public List<string> LeftOut { get; } = [];

        public int Width(int column) => widths[column];

        /// <summary>Breaks titles, then leaves columns out, then cuts the flexible one. Returns whether titles are broken.</summary>
        public bool Fit(int width, Func<int, int> narrowest)
        {
            var flexible = Shown.FindIndex(c => columns[c].Flexible);
            var least = Math.Clamp(width / 4, 20, 48);
            var stacked = Least(flexible, least) > width;
            if (stacked)
            {
                foreach (var c in Shown)
                    widths[c] = narrowest(c);
            }
            Drop(width, flexible, least);
            if (flexible >= 0 && Total() > width)
                widths[flexible] = Math.Max(least, widths[flexible] - (Total() - width));
            return stacked;
        }

        /// <summary>One wide column may take several narrow ones along, which come back where there is room for them after all.</summary>
        void Drop(int width, int flexible, int least)
        {
            while (Least(flexible, least) > width && Shown.Where(c => columns[c].DropOrder > 0).ToList() is { Count: > 0 } spare)
                Shown.Remove(spare.MaxBy(c => columns[c].DropOrder));
            var room = width - Least(flexible, least);
            foreach (var c in Enumerable.Range(0, columns.Count).Except(Shown).OrderBy(c => columns[c].DropOrder).ToList())
            {
                if (widths[c] + gap <= room)
                {
                    room -= widths[c] + gap;
                    Shown.Add(c);
                }
            }
            Shown.Sort();
            LeftOut.AddRange(Enumerable.Range(0, columns.Count).Except(Shown).OrderBy(c => columns[c].DropOrder).Select(c => columns[c].Title));
        }

        int Total() => Shown.Sum(c => widths[c]) + gap * (Shown.Count - 1);

        /// <summary>The table's width with the flexible column as narrow as it may get.</summary>
        int Least(int flexible, int least) => flexible < 0 ? Total() : Total() - widths[flexible] + Math.Min(widths[flexible], least);
    }
}
