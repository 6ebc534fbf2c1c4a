using System.Buffers;
using System.Globalization;
using System.Text;

namespace VmAtlas.Cli.Output;

/// <summary>Makes a text of the target safe to print: what could steer a terminal, or make a name look like another one, is written out.</summary>
/// <remarks>
/// Written out are control characters (C0, DEL, C1), line and paragraph separators, the bidirectional overrides and marks, the
/// invisible format characters and lone surrogates: as <c>\n</c>, <c>\x1b</c> or <c>\u{202e}</c>. A backslash stays as it is, so the form is
/// for eyes; json is for programs.
/// </remarks>
static class Escape
{
    static readonly SearchValues<char> s_plain = SearchValues.Create(
        " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>Whether every character is printable ASCII: nothing to write out, and each is one column wide.</summary>
    public static bool IsPlain(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(s_plain);

    public static string Text(string text)
    {
        if (IsPlain(text))
            return text;
        var safe = new StringBuilder(text.Length + 16);
        Append(safe, text);
        return safe.ToString();
    }

    public static void Append(StringBuilder to, ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            var status = Rune.DecodeFromUtf16(text, out var rune, out var used);
            if (status != OperationStatus.Done)
                AppendCode(to, text[0]);
            else if (IsHidden(rune))
                AppendCode(to, rune.Value);
            else
                to.Append(text[..used]);
            text = text[used..];
        }
    }

    static bool IsHidden(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    static void AppendCode(StringBuilder to, int code)
    {
        switch (code)
        {
            case '\n':
                to.Append("\\n");
                break;
            case '\t':
                to.Append("\\t");
                break;
            case '\r':
                to.Append("\\r");
                break;
            case < 0x100:
                to.Append(CultureInfo.InvariantCulture, $"\\x{code:x2}");
                break;
            default:
                to.Append(CultureInfo.InvariantCulture, $"\\u{{{code:x}}}");
                break;
        }
    }
}
