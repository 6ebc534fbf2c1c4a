using System.Text.RegularExpressions;

namespace VmAtlas.Model;

/// <summary>A comparison as read: its sign without a "not", and the values to its right.</summary>
readonly record struct FilterOperation(FilterToken Place, string Sign, bool Negated, List<FilterToken> Values)
{
    public FilterToken Value => Values[0];

    public FilterException Unfit(Column? column, string what) => new(new FilterError(
        Place.Start, Place.Length, $"{column?.Key ?? "a fact"} {what}", new Expectation(Expected.Operator, column)));

    public static FilterException Unreadable(FilterToken value, Column column, string expected)
    {
        var message = $"\"{value.Text}\" is no value for {column.Key}: expected {expected}";
        return new(new FilterError(value.Start, value.Length, message, new Expectation(Expected.Value, column)));
    }
}

/// <summary>Comparisons of numbers.</summary>
readonly struct FilterNumbers(NumberColumn column)
{
    const decimal MaxPercent = 1_000_000;

    public FilterNode Node(FilterOperation operation)
    {
        if (operation.Sign == "in")
            return new NumberListNode(column, [.. operation.Values.Select(Number)], operation.Negated);
        if (operation.Sign is not ("=" or "<" or "<=" or ">" or ">="))
            throw operation.Unfit(column, "is a number: compare it with =, !=, <, <=, >, >= or in");
        return new NumberNode(column, new NumberRange(operation.Sign, Bound(operation.Value)), operation.Negated);
    }

    NumberBound Bound(FilterToken value)
    {
        if (column is MeasureColumn && value.Text.EndsWith('%')
            && decimal.TryParse(value.Text.AsSpan(0, value.Text.Length - 1), System.Globalization.NumberStyles.AllowDecimalPoint,
                System.Globalization.CultureInfo.InvariantCulture, out var percent)
            && percent <= MaxPercent)
            return new NumberBound(0, percent);
        return new NumberBound(Number(value));
    }

    ulong Number(FilterToken value)
    {
        if (column.TryParse(value.Text, out var number))
            return number;
        throw FilterOperation.Unreadable(value, column, column switch
        {
            MeasureColumn => "a size like 64K, 1.5M or 0x1000, or a part of the total like 5%",
            { Kind: ColumnKind.Bytes } => "a size like 64K, 1.5M or 0x1000",
            { Kind: ColumnKind.Address } => "hexadecimal digits, like 7f12ab00",
            { Kind: ColumnKind.Device } => "major and minor in hexadecimal, like fe:01",
            _ => "a whole number",
        });
    }
}

/// <summary>Comparisons of sets.</summary>
readonly struct FilterSets(SetColumn column)
{
    public FilterNode Node(FilterOperation operation)
    {
        var read = operation.Sign switch
        {
            "=" or "in" => column.Whole,
            "has" or "~" => column.Pattern,
            _ => throw operation.Unfit(column, "is a set: compare it with has, =, != or in"),
        };
        var patterns = new SetPattern[operation.Values.Count];
        for (var i = 0; i < patterns.Length; i++)
            patterns[i] = read(operation.Values[i].Text) ?? throw Unreadable(operation.Values[i]);
        return new SetNode(column, patterns, operation.Negated);
    }

    FilterException Unreadable(FilterToken value) =>
        FilterOperation.Unreadable(value, column, $"of {string.Join(' ', column.Words.Select(w => w.Word))}");
}

/// <summary>Comparisons of texts.</summary>
readonly struct FilterTexts(TextColumn column)
{
    public FilterNode Node(FilterOperation operation)
    {
        var wanted = operation.Sign is "=" or "in" && column.Kind == ColumnKind.Word
            ? operation.Values.ConvertAll(Word)
            : operation.Values.ConvertAll(v => v.Text);
        Func<string, bool> fit = operation.Sign switch
        {
            "=" or "in" => text => wanted.Exists(w => text.Equals(w, StringComparison.OrdinalIgnoreCase)),
            "~" => text => text.Contains(wanted[0], StringComparison.OrdinalIgnoreCase),
            "matches" => FilterPattern.Of(operation.Value, column),
            _ => throw operation.Unfit(column, "is text: compare it with =, !=, ~, !~, matches or in"),
        };
        return new TextNode(column, fit, operation.Negated);
    }

    string Word(FilterToken value)
    {
        foreach (var word in column.Words)
        {
            if (Names.Same(value.Text, word))
                return word;
        }
        var hint = Names.Nearest(value.Text, column.Words) is { } near ? $"; did you mean {near}?" : "";
        throw FilterOperation.Unreadable(value, column, $"one of {string.Join(", ", column.Words)}{hint}");
    }
}

/// <summary>Comparisons of a fact, which is a number where both sides read as one, else text.</summary>
readonly struct FilterFact(string name)
{
    static readonly NumberColumn s_number = new("fact", "Fact", ColumnKind.Bytes, (_, _) => 0);

    public FilterNode Node(FilterOperation operation)
    {
        var wanted = operation.Values.ConvertAll(v => v.Text);
        Func<string, bool> fit = operation.Sign switch
        {
            "=" or "in" => text => wanted.Exists(w => text.Equals(w, StringComparison.OrdinalIgnoreCase) || Compare(text, w) == 0),
            "~" or "has" => text => text.Contains(wanted[0], StringComparison.OrdinalIgnoreCase),
            "matches" => FilterPattern.Of(operation.Value, null),
            "<" => text => Compare(text, wanted[0]) < 0,
            "<=" => text => Compare(text, wanted[0]) <= 0,
            ">" => text => Compare(text, wanted[0]) > 0,
            _ => text => Compare(text, wanted[0]) >= 0,
        };
        return new FactNode(name, fit, operation.Negated);
    }

    /// <summary>Null, which is neither less nor more nor equal, where one side is no number.</summary>
    static int? Compare(string a, string b) =>
        s_number.TryParse(a, out var x) && s_number.TryParse(b, out var y) ? x.CompareTo(y) : null;
}

/// <summary>Regular expressions that can not be made slow: no backtracking, and a bound on the time for one text.</summary>
static class FilterPattern
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    public static Func<string, bool> Of(FilterToken value, Column? column)
    {
        try
        {
            var pattern = new Regex(value.Text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, s_patience);
            return text => IsMatch(pattern, text);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new FilterException(new FilterError(value.Start, value.Length,
                $"the pattern can not be used: {e.Message}", new Expectation(Expected.Value, column)));
        }
    }

    static bool IsMatch(Regex pattern, string text)
    {
        try
        {
            return pattern.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            throw new VmAtlasException(Failure.Usage, $"the pattern \"{pattern}\" takes more than a second for one text: make it simpler");
        }
    }
}
