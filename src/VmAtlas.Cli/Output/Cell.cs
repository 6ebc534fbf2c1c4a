using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace VmAtlas.Cli.Output;

/// <summary>One cell of a table while it is being written: text, and its colour. Used again for every cell, so a table of a million makes
/// no string for a number.</summary>
sealed class Cell
{
    char[] _text = new char[256];
    int _length;

    public ReadOnlySpan<char> Text => _text.AsSpan(0, _length);

    /// <summary>How the cell is painted; plain unless set while it is written.</summary>
    public Ink Ink { get; set; }

    public void Clear()
    {
        _length = 0;
        Ink = default;
    }

    public void Append(ReadOnlySpan<char> text)
    {
        Reserve(text.Length);
        text.CopyTo(_text.AsSpan(_length));
        _length += text.Length;
    }

    /// <summary>A text of the target: made safe first.</summary>
    public void AppendForeign(string text)
    {
        if (Escape.IsPlain(text))
        {
            Append(text);
            return;
        }
        var safe = new StringBuilder(text.Length + 16);
        Escape.Append(safe, text);
        Append(safe.ToString());
    }

    /// <summary>A text with figures in it; the handler has written it here by the time this is called.</summary>
    [SuppressMessage("Performance", "CA1822", Justification = "the handler needs the cell it is called on")]
    public void Append([InterpolatedStringHandlerArgument("")] ref Interpolated text) => text.Done();

    void Append<T>(T value, ReadOnlySpan<char> format)
        where T : ISpanFormattable
    {
        int written;
        while (!value.TryFormat(_text.AsSpan(_length), out written, format, CultureInfo.InvariantCulture))
            Reserve(_text.Length);
        _length += written;
    }

    void Reserve(int more)
    {
        if (_length + more > _text.Length)
            Array.Resize(ref _text, Math.Max(_text.Length * 2, _length + more));
    }

    /// <summary>Lets <c>cell.Append($"{bytes:N0}")</c> write into the cell itself, in the invariant culture.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Interpolated(int literalLength, int formattedCount, Cell cell)
    {
        public void AppendLiteral(string text) => cell.Append(text);

        public void AppendFormatted<T>(T value, string? format = null)
            where T : ISpanFormattable => cell.Append(value, format);

        /// <summary>Uses the parts a handler must be given, of which this one needs none.</summary>
        internal void Done() => _ = (literalLength, formattedCount);
    }
}
