namespace VmAtlas.Model;

/// <summary>Reads a filter by recursive descent; the grammar is in <c>docs/filter.md</c>.</summary>
sealed class FilterParser
{
    readonly List<FilterToken> _tokens;
    readonly List<Column> _columns = [];
    int _at;
    int _depth;

    public FilterParser(string text)
    {
        if (text.Length > FilterExpression.MaxLength)
        {
            var message = $"it is longer than {FilterExpression.MaxLength} characters";
            throw new FilterException(new FilterError(FilterExpression.MaxLength, 0, message, new Expectation(Expected.Sign)));
        }
        _tokens = FilterLexer.Read(text);
    }

    public IReadOnlyList<Column> Columns => _columns;

    FilterToken Next => _tokens[_at];

    public FilterNode Parse()
    {
        var root = Or();
        if (Next.Kind != TokenKind.End)
            throw Wrong(Expected.Connective, "expected and, or, or the end");
        return root;
    }

    FilterNode Or()
    {
        var left = And();
        while (Take(TokenKind.Or))
            left = new OrNode(left, And());
        return left;
    }

    FilterNode And()
    {
        var left = Not();
        while (Take(TokenKind.And))
            left = new AndNode(left, Not());
        return left;
    }

    FilterNode Not()
    {
        if (!Take(TokenKind.Not))
            return Primary();
        Deeper();
        var node = new NotNode(Not());
        _depth--;
        return node;
    }

    FilterNode Primary()
    {
        if (Take(TokenKind.Open))
        {
            Deeper();
            var inner = Or();
            _depth--;
            if (!Take(TokenKind.Close))
                throw Wrong(Expected.Connective, "expected and, or, or a closing parenthesis");
            return inner;
        }
        if (Next.Kind is not (TokenKind.Word or TokenKind.Quoted))
            throw Wrong(Expected.Condition, "expected a column, a word, not, at, or a parenthesis");
        if (Next.Is("at"))
            return At();
        var name = Name();
        return IsOperator(_at) ? Comparison(name) : Bare(name);
    }

    /// <summary>A name may be several words when a comparison follows: Total WS > 1M.</summary>
    FilterToken Name()
    {
        var first = _tokens[_at++];
        var end = _at;
        while (_tokens[end].Kind == TokenKind.Word && !IsOperator(end))
            end++;
        if (end == _at || first.Kind == TokenKind.Quoted || !IsOperator(end))
            return first;
        var last = _tokens[end - 1];
        var text = string.Join(' ', _tokens[(_at - 1)..end].Select(t => t.Text));
        _at = end;
        return new FilterToken(TokenKind.Word, first.Start, last.End - first.Start, text);
    }

    static TextNode Bare(FilterToken word) =>
        new TextNode(Model.Columns.Details, text => text.Contains(word.Text, StringComparison.OrdinalIgnoreCase), negated: false);

    AtNode At()
    {
        _at++;
        if (Next.Kind is not (TokenKind.Word or TokenKind.Quoted) || !Address.TryParse(Next.Text, out var address))
            throw Wrong(Expected.Value, "expected an address in hexadecimal, like 7f12ab00");
        _at++;
        return new AtNode(address);
    }

    FilterNode Comparison(FilterToken name)
    {
        if (name.Text.StartsWith("fact.", StringComparison.OrdinalIgnoreCase) && name.Length > 5)
            return new FilterFact(name.Text[5..]).Node(Operation(null));
        if (!Model.Columns.TryFind(name.Text, out var column))
        {
            var hint = Model.Columns.Nearest(name.Text) is { } near ? $": did you mean {near}?" : "; help columns lists them all";
            throw At(name, Expected.Condition, $"there is no column \"{name.Text}\"{hint}");
        }
        if (!_columns.Contains(column))
            _columns.Add(column);
        var operation = Operation(column);
        return column switch
        {
            NumberColumn numbers => new FilterNumbers(numbers).Node(operation),
            SetColumn sets => new FilterSets(sets).Node(operation),
            TextColumn texts => new FilterTexts(texts).Node(operation),
            _ => throw new InvalidOperationException($"the filter does not know columns like {column.Key}"),
        };
    }

    /// <summary>The comparison and what stands to its right.</summary>
    FilterOperation Operation(Column? column)
    {
        var negated = Take(TokenKind.Not);
        var sign = _tokens[_at++];
        var word = sign.Text.ToLowerInvariant();
        if (word == "in")
            return new FilterOperation(sign, "in", negated, List(column));
        var values = new List<FilterToken> { Value(column) };
        return word is "!=" or "!~"
            ? new FilterOperation(sign, word[1..], Negated: true, values)
            : new FilterOperation(sign, word, negated, values);
    }

    List<FilterToken> List(Column? column)
    {
        if (!Take(TokenKind.Open))
            throw Wrong(Expected.Sign, "expected a list in parentheses, like (heap, stack)");
        var values = new List<FilterToken>();
        do
            values.Add(Value(column));
        while (Take(TokenKind.Comma));
        if (!Take(TokenKind.Close))
            throw Wrong(Expected.Sign, "expected a comma or a closing parenthesis");
        return values;
    }

    /// <summary>A word or a quoted text; a unit may stand apart from its number: 10 MiB.</summary>
    FilterToken Value(Column? column)
    {
        if (Next.Kind is not (TokenKind.Word or TokenKind.Quoted))
            throw Wrong(Expected.Value, "expected a value", column);
        var value = _tokens[_at++];
        if (column?.Kind != ColumnKind.Bytes || Next.Kind != TokenKind.Word || !char.IsAsciiDigit(value.Text[^1..].FirstOrDefault()))
            return value;
        var joined = value.Text + Next.Text;
        if (!ByteSize.TryParse(joined, out _))
            return value;
        return new FilterToken(TokenKind.Word, value.Start, _tokens[_at++].End - value.Start, joined);
    }

    bool IsOperator(int index)
    {
        var token = _tokens[index];
        return token.Kind == TokenKind.Sign || token.Is("in") || token.Is("has") || token.Is("matches")
            || token.Kind == TokenKind.Not && _tokens[index + 1] is var next && (next.Is("in") || next.Is("has") || next.Is("matches"));
    }

    bool Take(TokenKind kind)
    {
        if (Next.Kind != kind)
            return false;
        _at++;
        return true;
    }

    void Deeper()
    {
        if (++_depth > FilterExpression.MaxDepth)
            throw Wrong(Expected.Sign, $"it is nested deeper than {FilterExpression.MaxDepth} levels");
    }

    FilterException Wrong(Expected what, string expected, Column? column = null) =>
        At(Next, what, Next.Kind == TokenKind.End ? expected : $"{expected}, found \"{Next.Text}\"", column);

    static FilterException At(FilterToken token, Expected what, string message, Column? column = null) =>
        new(new FilterError(token.Start, token.Length, message, new Expectation(what, column)));
}
