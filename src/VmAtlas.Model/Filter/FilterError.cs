namespace VmAtlas.Model;

/// <summary>What may stand at a place of a filter.</summary>
public enum Expected : byte
{
    /// <summary>A column, a word, not, at or a parenthesis.</summary>
    Condition,

    /// <summary>A comparison, after a column.</summary>
    Operator,

    /// <summary>A value, after a comparison.</summary>
    Value,

    /// <summary>and, or, or the end.</summary>
    Connective,

    /// <summary>Another sign: a parenthesis, a comma.</summary>
    Sign,
}

/// <summary>What may stand at a place, and for which column.</summary>
/// <param name="Column">The column a comparison or a value is for; null where none is, and for facts.</param>
public readonly record struct Expectation(Expected What, Column? Column = null);

/// <summary>Where a filter is wrong, and why.</summary>
/// <param name="Position">Index of the first character of what is wrong; the length of the text when its end is.</param>
/// <param name="Message">Half a sentence: "there is no column \"privat\": did you mean private?".</param>
/// <param name="Expected">What could have stood there, for completion.</param>
public sealed record FilterError(int Position, int Length, string Message, Expectation Expected);

/// <summary>Ends parsing; never leaves <see cref="FilterExpression"/>.</summary>
sealed class FilterException(FilterError error) : Exception(error.Message)
{
    public FilterError Error => error;
}
