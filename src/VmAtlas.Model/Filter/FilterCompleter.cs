namespace VmAtlas.Model;

/// <summary>One thing that could be typed, and what it means.</summary>
public readonly record struct FilterSuggestion(string Text, string Doc);

/// <summary>What could replace the characters from <paramref name="Start"/>, <paramref name="Length"/> of them, up to the cursor.</summary>
public sealed record FilterCompletion(int Start, int Length, IReadOnlyList<FilterSuggestion> Suggestions);

/// <summary>Completion: what the parser would have taken where the text ends.</summary>
sealed class FilterCompleter(Snapshot? snapshot)
{
    static readonly FilterSuggestion[] s_connectives = [new("and", "both must be true"), new("or", "one must be true")];
    static readonly FilterSuggestion[] s_sizes =
    [
        new("64K", "65,536 bytes"), new("1M", "1 MiB"), new("10M", "10 MiB"), new("100M", "100 MiB"), new("1G", "1 GiB"),
        new("1%", "of the process's total"), new("5%", "of the process's total"),
    ];
    static readonly FilterSuggestion[] s_numbers =
    [
        new(">", "more than"), new(">=", "at least"), new("<", "less than"), new("<=", "at most"),
        new("=", "exactly"), new("!=", "other than"), new("in", "one of a list"),
    ];
    static readonly FilterSuggestion[] s_texts =
    [
        new("=", "exactly"), new("!=", "other than"), new("~", "contains"), new("!~", "does not contain"),
        new("matches", "a regular expression"), new("in", "one of a list"),
    ];
    static readonly FilterSuggestion[] s_sets = [new("has", "has all of these"), new("=", "exactly these"), new("!=", "not exactly these")];

    public FilterCompletion Complete(string text, int cursor)
    {
        cursor = Math.Clamp(cursor, 0, text.Length);
        var start = cursor;
        while (start > 0 && (char.IsLetterOrDigit(text[start - 1]) || text[start - 1] is '-' or '_' or '.' or '%'))
            start--;
        var typed = text[start..cursor];
        var fitting = Suggest(text[..start]).Where(s => s.Text.StartsWith(typed, StringComparison.OrdinalIgnoreCase));
        return new FilterCompletion(start, cursor - start, [.. fitting]);
    }

    IEnumerable<FilterSuggestion> Suggest(string before)
    {
        if (!FilterExpression.TryParse(before, out _, out var error))
            return error!.Position < before.Length ? [] : Suggest(error.Expected);
        return LastWord(before) is { } column ? [.. Operators(column), .. s_connectives] : s_connectives;
    }

    /// <summary>"private " is a whole filter (details that contain "private"), but a comparison is more likely to be on its way.</summary>
    static Column? LastWord(string before) =>
        FilterLexer.Read(before) is [.., { Kind: TokenKind.Word } word, _] && Columns.TryFind(word.Text, out var column) ? column : null;

    IEnumerable<FilterSuggestion> Suggest(Expectation expected) => expected.What switch
    {
        Expected.Condition =>
        [
            .. Columns.All.Select(c => new FilterSuggestion(c.Key, c.Doc)),
            .. Facts(), new FilterSuggestion("not", "the opposite"), new FilterSuggestion("at", "the row that holds an address"),
        ],
        Expected.Operator => Operators(expected.Column),
        Expected.Value => Values(expected.Column),
        Expected.Connective => s_connectives,
        _ => [],
    };

    static FilterSuggestion[] Operators(Column? column) => column switch
    {
        NumberColumn => s_numbers,
        SetColumn => s_sets,
        _ => s_texts,
    };

    IEnumerable<FilterSuggestion> Facts()
    {
        const string doc = "a named fact of a region";
        var names = snapshot?.Regions.Facts.Select(f => f.Key).Distinct().Select(key => snapshot.Strings[key]).Order(StringComparer.Ordinal);
        return names?.Select(n => new FilterSuggestion($"fact.{n}", doc)) ?? [new FilterSuggestion("fact.", $"{doc}, like fact.thread-id")];
    }

    IEnumerable<FilterSuggestion> Values(Column? column) => column switch
    {
        { Key: "annotator" } => snapshot?.Annotators.Select(a => new FilterSuggestion(a.Name, "")) ?? [],
        TextColumn { Words.Count: > 0 } words => words.Words.Select(w => new FilterSuggestion(w.ToLowerInvariant().Replace(' ', '-'), "")),
        SetColumn sets => sets.Words.Select(w => new FilterSuggestion(w.Word, w.Meaning)),
        MeasureColumn => s_sizes,
        _ => [],
    };
}
