using System.Globalization;
using VmAtlas.Model;

namespace VmAtlas.Formats.Vmmap;

/// <summary>Writes VMMap's csv: the same lines and columns, invariant numbers (K, commas between thousands), UTF-8, lines that end in LF.</summary>
/// <remarks>
/// VMMap's own files end their lines in CR CR LF and their numbers follow the locale; both are accidents that readers must cope with, so neither
/// is repeated. A cell that a spreadsheet would run as a formula gets an apostrophe in front.
/// </remarks>
public static class VmmapCsv
{
    public static void Write(Snapshot snapshot, TextWriter output, bool gaps = false) =>
        VmmapReport.Write(snapshot, new Sink(output, VmmapText.AddressDigits(snapshot)), gaps);

    sealed class Sink(TextWriter output, int addressDigits) : IVmmapSink
    {
        bool _first = true;

        public void Process(string name, int pid)
        {
            Cell("Process:");
            Cell(name);
            EndLine();
            Cell("PID:");
            Cell(pid.ToString(CultureInfo.InvariantCulture));
            EndLine();
            output.Write('\n');
        }

        public void SummaryHeader() => Header(["Type", .. VmmapWords.Sizes.Select(m => m.Title()), "Blocks", "Largest"]);

        public void Summary(string type, in SummaryRow row)
        {
            Cell(type);
            Sizes(row.Measures);
            Number((ulong)(row.Blocks ?? 0), default);
            Number((row.Largest ?? 0) >> 10, "N0");
            EndLine();
        }

        public void DetailsHeader()
        {
            output.Write('\n');
            Header(["Address", "Type", .. VmmapWords.Sizes.Select(m => m.Title()), "Blocks", "Protection", "Details"]);
        }

        public void Details(in VmmapRow row)
        {
            Address(row.Address, row.IsBlock);
            Cell(row.Type);
            Sizes(row.Measures);
            Number((ulong)(row.Blocks ?? 0), default);
            Cell(row.Protection);
            Cell(row.Details);
            EndLine();
        }

        public void End() => output.Write('\n');

        /// <summary>VMMap's two header lines end in a comma.</summary>
        void Header(IEnumerable<string> titles)
        {
            foreach (var title in titles)
                Cell(title);
            output.Write(',');
            EndLine();
        }

        void Sizes(in MeasureSet measures)
        {
            foreach (var measure in VmmapWords.Sizes)
                Number(measures[measure] >> 10, "N0");
        }

        void Address(ulong address, bool indented)
        {
            Span<char> digits = stackalloc char[16];
            address.TryFormat(digits, out var length, addressDigits == 8 ? "X8" : "X16", CultureInfo.InvariantCulture);
            Open();
            if (indented)
                output.Write("  ");
            output.Write(digits[..length]);
            output.Write('"');
        }

        void Number(ulong value, ReadOnlySpan<char> format)
        {
            Span<char> digits = stackalloc char[32];
            var length = 0;
            if (value != 0)
                value.TryFormat(digits, out length, format, CultureInfo.InvariantCulture);
            Open();
            output.Write(digits[..length]);
            output.Write('"');
        }

        void Cell(string text)
        {
            Open();
            if (text.Length > 0 && text[0] is '=' or '+' or '-' or '@')
                output.Write('\'');
            PrintableText.Write(output, text, quote: '"');
            output.Write('"');
        }

        void Open()
        {
            output.Write(_first ? "\"" : ",\"");
            _first = false;
        }

        void EndLine()
        {
            output.Write('\n');
            _first = true;
        }
    }
}
