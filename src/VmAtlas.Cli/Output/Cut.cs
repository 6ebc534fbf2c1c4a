using System.Text;

namespace VmAtlas.Cli.Output;

/// <summary>Cuts texts to a width.</summary>
static class Cut
{
    /// <summary>Cuts out the middle, which of a path says least; the end gets two thirds of the room.</summary>
    public static ReadOnlySpan<char> Middle(ReadOnlySpan<char> text, int width)
    {
        if (text.Length <= width && Escape.IsPlain(text) || CellWidth.Of(text) <= width)
            return text;
        var result = new StringBuilder(width);
        var tail = (width - 1) * 2 / 3;
        AppendColumns(result, text, width - 1 - tail);
        result.Append('…');
        result.Append(text[StartOfLast(text, tail)..]);
        return result.ToString();
    }

    /// <summary>Breaks a sentence at its spaces; a word longer than the width is broken too.</summary>
    public static IEnumerable<string> Lines(string text, int width)
    {
        while (text.Length > width)
        {
            var space = text.LastIndexOf(' ', width);
            var cut = space > 0 ? space : width;
            yield return text[..cut];
            text = text[cut..].TrimStart();
        }
        yield return text;
    }

    static void AppendColumns(StringBuilder to, ReadOnlySpan<char> text, int columns)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            columns -= CellWidth.Of(rune);
            if (columns < 0)
                return;
            to.Append(rune.ToString());
        }
    }

    static int StartOfLast(ReadOnlySpan<char> text, int columns)
    {
        var start = text.Length;
        while (start > 0)
        {
            Rune.DecodeLastFromUtf16(text[..start], out var rune, out var used);
            columns -= CellWidth.Of(rune);
            if (columns < 0)
                return start;
            start -= used;
        }
        return 0;
    }
}
