using System.Globalization;
using VmAtlas.Model;

namespace VmAtlas.Formats.Vmmap;

/// <summary>Writes VMMap's text: what its csv has, in columns of fixed width, numbers to the right, blocks indented. UTF-8, lines that end in LF.</summary>
/// <remarks>VMMap's own widths are not documented. These hold 64-bit addresses and sizes of 47 bits; a longer text moves its line, no cell is cut.</remarks>
public static class VmmapText
{
    const int TypeWidth = 20;
    const int NumberWidth = 16;
    const int BlocksWidth = 9;
    const int ProtectionWidth = 26;

    public static void Write(Snapshot snapshot, TextWriter output, bool gaps = false) =>
        VmmapReport.Write(snapshot, new Sink(output, AddressDigits(snapshot)), gaps);

    /// <summary>As VMMap writes addresses: 8 digits for a 32-bit address space, else 16.</summary>
    internal static int AddressDigits(Snapshot snapshot) => snapshot.Layout.End.Value <= 1UL << 32 ? 8 : 16;

    sealed class Sink(TextWriter output, int addressDigits) : IVmmapSink
    {
        /// <summary>Blanks due before the next text: at the end of a line they are not written.</summary>
        int _blanks;

        int AddressWidth => addressDigits + 4;

        public void Process(string name, int pid)
        {
            output.Write("Process: ");
            PrintableText.Write(output, name);
            output.Write(string.Create(CultureInfo.InvariantCulture, $"\nPID:     {pid}\n\n"));
        }

        public void SummaryHeader()
        {
            Left("Type", TypeWidth);
            Titles();
            Right("Blocks", BlocksWidth);
            Right("Largest", NumberWidth);
            EndLine();
        }

        public void Summary(string type, in SummaryRow row)
        {
            Left(type, TypeWidth);
            Sizes(row.Measures);
            Number((ulong)(row.Blocks ?? 0), BlocksWidth, default);
            Number((row.Largest ?? 0) >> 10, NumberWidth, "N0");
            EndLine();
        }

        public void DetailsHeader()
        {
            output.Write('\n');
            Left("Address", AddressWidth);
            Left("Type", TypeWidth);
            Titles();
            Right("Blocks", BlocksWidth);
            _blanks += 2;
            Left("Protection", ProtectionWidth);
            Left("Details", 0);
            EndLine();
        }

        public void Details(in VmmapRow row)
        {
            Span<char> digits = stackalloc char[16];
            row.Address.TryFormat(digits, out var length, addressDigits == 8 ? "X8" : "X16", CultureInfo.InvariantCulture);
            output.Write(row.IsBlock ? "  " : "");
            output.Write(digits[..length]);
            _blanks = row.IsBlock ? 2 : 4;
            Left(row.Type, TypeWidth);
            Sizes(row.Measures);
            Number((ulong)(row.Blocks ?? 0), BlocksWidth, default);
            _blanks += 2;
            Left(row.Protection, ProtectionWidth);
            if (row.Details.Length > 0)
                FlushBlanks();
            PrintableText.Write(output, row.Details);
            EndLine();
        }

        public void End()
        {
        }

        void Titles()
        {
            foreach (var measure in VmmapWords.Sizes)
                Right(measure.Title(), NumberWidth);
        }

        void Sizes(in MeasureSet measures)
        {
            foreach (var measure in VmmapWords.Sizes)
                Number(measures[measure] >> 10, NumberWidth, "N0");
        }

        void Number(ulong value, int width, ReadOnlySpan<char> format)
        {
            Span<char> digits = stackalloc char[32];
            var length = 0;
            if (value != 0)
                value.TryFormat(digits, out length, format, CultureInfo.InvariantCulture);
            Right(digits[..length], width);
        }

        void Left(string text, int width)
        {
            FlushBlanks();
            output.Write(text);
            _blanks = Math.Max(1, width - text.Length);
        }

        void Right(ReadOnlySpan<char> text, int width)
        {
            _blanks += Math.Max(1, width - text.Length);
            if (text.IsEmpty)
                return;
            FlushBlanks();
            output.Write(text);
        }

        void FlushBlanks()
        {
            for (; _blanks > 0; _blanks--)
                output.Write(' ');
        }

        void EndLine()
        {
            _blanks = 0;
            output.Write('\n');
        }
    }
}
