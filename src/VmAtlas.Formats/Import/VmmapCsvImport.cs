using System.Globalization;
using VmAtlas.Formats.Vmmap;
using VmAtlas.Model;

namespace VmAtlas.Formats.Import;

/// <summary>Reads csv in VMMap's layout: VMMap's own of any locale, and ours.</summary>
static class VmmapCsvImport
{
    /// <param name="takenAt">The layout has no time: the file's own is the best there is.</param>
    /// <exception cref="InvalidDataException">It is not such a file; the message names line and cell.</exception>
    public static Snapshot Read(TextReader input, DateTimeOffset takenAt, ReaderLimits limits)
    {
        var csv = new CsvCells(input, limits);
        var snapshot = new ForeignSnapshot(new StringTable()) { TakenAt = takenAt };
        Columns? columns = null;
        while (csv.Read())
        {
            var cells = csv.Cells;
            if (cells.Count == 0)
                continue;
            if (cells[0] is "Type" or "Address")
                columns = new Columns(csv);
            else if (columns is null)
                ReadProcess(cells, snapshot);
            else if (columns.IsSummary)
                ReadSummary(columns, snapshot);
            else
                snapshot.Add(ReadRow(columns, snapshot));
        }
        return columns is null or { IsSummary: true }
            ? throw new InvalidDataException("it has no table of regions in VMMap's layout (a line that begins with \"Address\")")
            : snapshot.Build("VMMap csv");
    }

    static void ReadProcess(List<string> cells, ForeignSnapshot snapshot)
    {
        if (cells.Count < 2)
            return;
        if (cells[0].Equals("Process:", StringComparison.OrdinalIgnoreCase))
            snapshot.Name = Unguarded(cells[1]);
        else if (cells[0].Equals("PID:", StringComparison.OrdinalIgnoreCase) && int.TryParse(cells[1], CultureInfo.InvariantCulture, out var pid) && pid >= 0)
            snapshot.Pid = pid;
    }

    static void ReadSummary(Columns columns, ForeignSnapshot snapshot)
    {
        var word = columns.Text("Type");
        var total = word.Equals("Total", StringComparison.OrdinalIgnoreCase);
        if (!VmmapWords.TryParseType(word, out var type) && !total)
            throw new InvalidDataException($"line {columns.Line}: '{PrintableText.Of(word)}' is no type of memory");
        var row = new StatedRow(ReadSizes(columns), (long)columns.Number("Blocks"), checked(columns.Number("Largest") * 1024));
        snapshot.Stated.Add(total ? null : type, row);
    }

    static ImportedRow ReadRow(Columns columns, ForeignSnapshot snapshot)
    {
        var (address, word) = (columns.Text("Address"), columns.Text("Type"));
        var row = ReadSizes(columns);
        if (!Address.TryParse(address.AsSpan().Trim(), out var start))
            throw new InvalidDataException($"line {columns.Line}: '{PrintableText.Of(address)}' is no address");
        if (!VmmapWords.TryParseType(word, out row.Type))
            throw new InvalidDataException($"line {columns.Line}: '{PrintableText.Of(word)}' is no type of memory");
        row.Address = start.Value;
        row.IsBlock = address.StartsWith(' ');
        row.Mappings = (int)Math.Min(columns.Number("Blocks"), int.MaxValue);
        row.Protection = VmmapWords.ParseProtection(columns.Text("Protection"));
        row.Facts = VmmapWords.IsNoAccess(columns.Text("Protection")) ? BlockFlags.NoAccess : BlockFlags.None;
        row.Details = snapshot.Text(Unguarded(columns.Text("Details")));
        return row;
    }

    static ImportedRow ReadSizes(Columns columns)
    {
        var row = new ImportedRow();
        foreach (var measure in VmmapWords.Sizes)
            row.Set(measure, columns.Number(measure.Title()) * 1024);
        return row;
    }

    /// <summary>Takes off the apostrophe that our own export puts before what a spreadsheet would run.</summary>
    static string Unguarded(string text) => text is ['\'', '=' or '+' or '-' or '@', ..] ? text[1..] : text;

    /// <summary>The columns of one table by title, and the cells of the line being read.</summary>
    sealed class Columns
    {
        readonly CsvCells _csv;
        readonly Dictionary<string, int> _places = new(StringComparer.OrdinalIgnoreCase);

        public Columns(CsvCells csv)
        {
            _csv = csv;
            for (var i = 0; i < csv.Cells.Count; i++)
                _places.TryAdd(csv.Cells[i], i);
            IsSummary = csv.Cells[0] == "Type";
        }

        public bool IsSummary { get; }

        public int Line => _csv.Line;

        public string Text(string title) =>
            _places.TryGetValue(title, out var place) && place < _csv.Cells.Count ? _csv.Cells[place] : "";

        /// <summary>A whole number with any locale's separators between its thousands; 0 for an empty cell.</summary>
        public ulong Number(string title)
        {
            var value = 0UL;
            foreach (var c in Text(title))
            {
                if (c is ',' or '.' or ' ' or '\'' or '\u00a0' or '\u202f' or '\u2019')
                    continue;
                if (!char.IsAsciiDigit(c) || value > ulong.MaxValue / 1024 / 1024)
                    throw new InvalidDataException($"line {Line}: '{PrintableText.Of(Text(title))}' is no whole number of K ({title})");
                value = value * 10 + (ulong)(c - '0');
            }
            return value;
        }
    }
}
