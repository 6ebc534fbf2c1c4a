using System.Globalization;

namespace VmAtlas.Cli.Output;

/// <summary>Where text for people goes: knows the colours and the width it may use, and writes through one buffer.</summary>
/// <param name="writer">Buffered, UTF-8, line ends LF.</param>
/// <param name="width">Columns of the terminal; null when there is none, and nothing is cut.</param>
sealed class Screen(TextWriter writer, ColourDepth colours, int? width)
{
    readonly Dictionary<Ink, string> _sequences = [];
    Ink _ink;

    public ColourDepth Colours => colours;

    public bool HasColours => colours != ColourDepth.None;

    public int? Width => width;

    /// <summary>For drawings, which need some width even where nothing is cut.</summary>
    public int DrawingWidth => Math.Clamp(width ?? 100, 40, 400);

    public void Write(ReadOnlySpan<char> text, Ink ink = default)
    {
        Use(ink);
        writer.Write(text);
    }

    public void Write(char c, Ink ink = default)
    {
        Use(ink);
        writer.Write(c);
    }

    public void Spaces(int count)
    {
        Use(default);
        for (; count > 0; count--)
            writer.Write(' ');
    }

    public void Line(ReadOnlySpan<char> text, Ink ink = default)
    {
        Write(text, ink);
        Line();
    }

    public void Line()
    {
        Use(default);
        writer.Write('\n');
    }

    /// <summary>A line cut in its middle where the terminal is narrower.</summary>
    public void CutLine(ReadOnlySpan<char> text, Ink ink = default) => Line(width is { } columns ? Cut.Middle(text, columns) : text, ink);

    /// <summary>A sentence broken into as many lines as it needs, each begun with so many spaces.</summary>
    public void Sentence(string text, Ink ink = default, int indent = 0)
    {
        foreach (var line in width is { } columns ? Cut.Lines(text, Math.Max(20, columns - indent)) : [text])
        {
            Spaces(indent);
            Line(line, ink);
        }
    }

    /// <summary>Changes the ink only where it differs from the one before, so that a run of one colour is one sequence.</summary>
    void Use(Ink ink)
    {
        if (!HasColours || ink == _ink)
            return;
        _ink = ink;
        if (!_sequences.TryGetValue(ink, out var sequence))
            _sequences.Add(ink, sequence = Sequence(ink));
        writer.Write(sequence);
    }

    /// <summary>ECMA-48's SGR, with xterm's 38;5 and ISO 8613-6's 38;2 colours.</summary>
    string Sequence(Ink ink)
    {
        var parts = new List<string>(4) { "0" };
        if (ink.Bold)
            parts.Add("1");
        if (ink.Front is { } front)
            parts.Add("38" + Code(front));
        if (ink.Back is { } back)
            parts.Add("48" + Code(back));
        return $"\e[{string.Join(';', parts)}m";
    }

    string Code(Rgb colour) => colours == ColourDepth.TrueColour
        ? string.Create(CultureInfo.InvariantCulture, $";2;{colour.Red};{colour.Green};{colour.Blue}")
        : string.Create(CultureInfo.InvariantCulture, $";5;{colour.To256()}");
}
