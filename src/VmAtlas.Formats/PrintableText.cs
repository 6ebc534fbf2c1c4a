using System.Globalization;
using System.Text;

namespace VmAtlas.Formats;

/// <summary>Text of a target made harmless for files that people open in terminals and spreadsheets.</summary>
static class PrintableText
{
    /// <summary>Writes control characters, line separators and direction overrides as visible escapes: \x1b, \u202e. All else as it is.</summary>
    /// <param name="quote">A character to write twice, as csv does; '\0' for none.</param>
    public static void Write(TextWriter output, string text, char quote = '\0')
    {
        var plain = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var harmful = IsHarmful(text[i]);
            if (!harmful && (text[i] != quote || quote == '\0'))
                continue;
            output.Write(text.AsSpan(plain, i - plain));
            plain = harmful ? i + 1 : i;
            if (harmful)
                output.Write(text[i] < 256 ? $"\\x{(int)text[i]:x2}" : $"\\u{(int)text[i]:x4}");
            else
                output.Write(quote);
        }
        output.Write(text.AsSpan(plain));
    }

    public static string Of(string text)
    {
        var output = new StringWriter(new StringBuilder(text.Length), CultureInfo.InvariantCulture);
        Write(output, text);
        return output.ToString();
    }

    static bool IsHarmful(char c) => c < ' ' || (c >= '\x7f' && char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
