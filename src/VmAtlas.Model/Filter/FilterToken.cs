namespace VmAtlas.Model;

enum TokenKind : byte
{
    /// <summary>The end of the text.</summary>
    End,

    /// <summary>A run of letters, digits and the signs that paths and numbers are made of.</summary>
    Word,

    /// <summary>A text in quotes; never a keyword.</summary>
    Quoted,

    /// <summary>A comparison written in signs.</summary>
    Sign,

    And,
    Or,
    Not,
    Open,
    Close,
    Comma,
}

/// <summary>One token and where it stands; its text is without quotes.</summary>
readonly record struct FilterToken(TokenKind Kind, int Start, int Length, string Text)
{
    public int End => Start + Length;

    public bool Is(string keyword) => Kind == TokenKind.Word && Text.Equals(keyword, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Cuts the text of a filter into tokens.</summary>
static class FilterLexer
{
    /// <exception cref="FilterException">A quote is never closed.</exception>
    public static List<FilterToken> Read(string text)
    {
        var tokens = new List<FilterToken>();
        for (var at = 0; at < text.Length;)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }
            var token = text[at] is '"' or '\'' ? Quoted(text, at) : Sign(text, at) ?? Word(text, at);
            tokens.Add(token);
            at = token.End;
        }
        tokens.Add(new FilterToken(TokenKind.End, text.Length, 0, ""));
        return tokens;
    }

    /// <summary>A quote in a quoted text is doubled; a backslash stands for itself, because expressions are full of them.</summary>
    static FilterToken Quoted(string text, int start)
    {
        var quote = text[start];
        var content = new System.Text.StringBuilder();
        for (var at = start + 1; at < text.Length; at++)
        {
            if (text[at] != quote)
                content.Append(text[at]);
            else if (at + 1 < text.Length && text[at + 1] == quote)
                content.Append(text[at++]);
            else
                return new FilterToken(TokenKind.Quoted, start, at + 1 - start, content.ToString());
        }
        const string message = "this quote is never closed";
        throw new FilterException(new FilterError(start, text.Length - start, message, new Expectation(Expected.Value)));
    }

    static FilterToken? Sign(string text, int at)
    {
        var two = at + 1 < text.Length ? text.AsSpan(at, 2) : default;
        return two switch
        {
            "!=" or "<=" or ">=" or "!~" => Of(TokenKind.Sign, 2, two.ToString()),
            "==" => Of(TokenKind.Sign, 2, "="),
            "&&" => Of(TokenKind.And, 2, "and"),
            "||" => Of(TokenKind.Or, 2, "or"),
            _ => text[at] switch
            {
                '=' or '<' or '>' or '~' => Of(TokenKind.Sign, 1, text[at].ToString()),
                '(' => Of(TokenKind.Open, 1, "("),
                ')' => Of(TokenKind.Close, 1, ")"),
                ',' => Of(TokenKind.Comma, 1, ","),
                '!' => Of(TokenKind.Not, 1, "not"),
                _ => null,
            },
        };

        FilterToken? Of(TokenKind kind, int length, string sign) => new(kind, at, length, sign);
    }

    static FilterToken Word(string text, int start)
    {
        var end = start + 1;
        while (end < text.Length && !char.IsWhiteSpace(text[end]) && !"=<>~!(),\"'&|".Contains(text[end]))
            end++;
        var word = text[start..end];
        var kind = word.ToLowerInvariant() switch
        {
            "and" => TokenKind.And,
            "or" => TokenKind.Or,
            "not" => TokenKind.Not,
            _ => TokenKind.Word,
        };
        return new FilterToken(kind, start, end - start, word);
    }
}
