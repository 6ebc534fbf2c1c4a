using System.Globalization;
using System.Text.RegularExpressions;
using VmAtlas.Capture;
using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>Chooses among processes: comparisons joined by "and", such as <c>private > 100M and user = www-data and command ~ worker</c>.</summary>
/// <remarks>The words are those of the filter for regions; here there is no "or", no "not" and no parenthesis. A word alone is looked for in
/// name and command. What is not known fits no comparison.</remarks>
sealed partial class ProcessFilter
{
    readonly List<Func<ProcessRow, bool>> _terms = [];

    /// <exception cref="VmAtlasException">The text is no filter.</exception>
    public static ProcessFilter Parse(string text)
    {
        var filter = new ProcessFilter();
        foreach (var term in And().Split(text))
            filter._terms.Add(ParseTerm(term.Trim()));
        return filter;
    }

    public bool Fits(ProcessRow row) => _terms.TrueForAll(term => term(row));

    static Func<ProcessRow, bool> ParseTerm(string term)
    {
        var parts = Comparison().Match(term);
        if (!parts.Success)
        {
            var word = term.Trim('"', '\'');
            return word.Length > 0 ? row => Contains(row.Name, word) || Contains(row.Command, word) : throw Wrong("a comparison is missing");
        }
        var column = ProcessColumn.Find(parts.Groups[1].Value);
        var value = parts.Groups[3].Value.Trim('"', '\'');
        return column.Number is { } number ? Compare(column, number, parts.Groups[2].Value, value) : Compare(column.Text!, parts.Groups[2].Value, value);
    }

    static Func<ProcessRow, bool> Compare(ProcessColumn column, Func<ProcessRow, ulong?> number, string sign, string text)
    {
        ulong value;
        if (column.IsBytes && ByteSize.TryParse(text, out var size))
            value = size.Bytes;
        else if (column.IsBytes || !ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value))
            throw Wrong($"'{text}' is no {(column.IsBytes ? "size" : "number")}");
        return sign switch
        {
            "=" => row => number(row) == value,
            "!=" => row => number(row) is { } n && n != value,
            "<" => row => number(row) < value,
            "<=" => row => number(row) <= value,
            ">" => row => number(row) > value,
            ">=" => row => number(row) >= value,
            _ => throw Wrong($"{column.Key} is a number, which '{sign}' does not compare"),
        };
    }

    static Func<ProcessRow, bool> Compare(Func<ProcessRow, string?> text, string sign, string value) => sign switch
    {
        "=" => row => string.Equals(text(row), value, StringComparison.OrdinalIgnoreCase),
        "!=" => row => text(row) is { } t && !t.Equals(value, StringComparison.OrdinalIgnoreCase),
        "~" => row => Contains(text(row), value),
        "!~" => row => text(row) is { } t && !Contains(t, value),
        _ => throw Wrong($"'{sign}' does not compare texts: = != ~ !~ do"),
    };

    static bool Contains(string? text, string part) => text?.Contains(part, StringComparison.OrdinalIgnoreCase) == true;

    static VmAtlasException Wrong(string what) => new(Failure.Usage, $"the filter is wrong: {what} ('private > 100M and command ~ worker' would do)");

    [GeneratedRegex(@"\s+and\s+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex And();

    [GeneratedRegex(@"^([A-Za-z]+(?: [A-Za-z]+)?)\s*(!=|<=|>=|!~|=|<|>|~)\s*(.+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Comparison();
}
