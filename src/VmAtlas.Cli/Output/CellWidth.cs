using System.Globalization;
using System.Text;

namespace VmAtlas.Cli.Output;

/// <summary>How many columns of a terminal a text takes.</summary>
/// <remarks>A heuristic: 2 for the East Asian wide and emoji blocks, 0 for combining marks, 1 for the rest. Terminals differ over
/// ambiguous characters and joined emoji; then a row is a column out of line, no more.</remarks>
static class CellWidth
{
    static readonly (int First, int Last)[] s_wide =
    [
        (0x1100, 0x115f), (0x2e80, 0x303e), (0x3041, 0xa4cf), (0xa960, 0xa97f), (0xac00, 0xd7a3), (0xf900, 0xfaff), (0xfe30, 0xfe6f),
        (0xff00, 0xff60), (0xffe0, 0xffe6), (0x1f300, 0x1f64f), (0x1f680, 0x1f6ff), (0x1f900, 0x1faff), (0x20000, 0x3fffd),
    ];

    public static int Of(ReadOnlySpan<char> text)
    {
        if (Escape.IsPlain(text))
            return text.Length;
        var width = 0;
        foreach (var rune in text.EnumerateRunes())
            width += Of(rune);
        return width;
    }

    public static int Of(Rune rune)
    {
        if (rune.Value < 0x300)
            return 1;
        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark)
            return 0;
        return Array.Exists(s_wide, w => rune.Value >= w.First && rune.Value <= w.Last) ? 2 : 1;
    }
}
