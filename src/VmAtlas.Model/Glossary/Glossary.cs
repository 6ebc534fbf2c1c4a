namespace VmAtlas.Model;

/// <summary>What an entry of the glossary explains.</summary>
public enum GlossaryKind : byte
{
    /// <summary>A <see cref="MemoryType"/>.</summary>
    Type,

    /// <summary>A column of <see cref="Columns"/>.</summary>
    Column,

    /// <summary>A word of the field.</summary>
    Term,
}

/// <summary>One word explained for somebody who meets it for the first time.</summary>
/// <param name="Key">Stable: the type's name, the column's key, or the term in lower case with dashes.</param>
/// <param name="Short">One sentence: help texts and tooltips.</param>
/// <param name="More">What to make of it: a sentence or two; empty where the short one says all.</param>
public sealed record GlossaryEntry(GlossaryKind Kind, string Key, string Title, string Short, string More = "")
{
    /// <summary>Where the figure comes from on Linux; empty for words.</summary>
    public string Linux { get; init; } = "";

    /// <summary>The same on Windows; empty where there is no such thing.</summary>
    public string Windows { get; init; } = "";
}

/// <summary>The words of VmAtlas for its readers: one text that the command's help, the page and the documentation share.</summary>
public static partial class Glossary
{
    static GlossaryEntry[]? s_all;

    /// <summary>Types, then columns in the order of <see cref="Columns.All"/>, then terms.</summary>
    public static IReadOnlyList<GlossaryEntry> All => s_all ??= [.. s_types, .. s_columns, .. s_terms];

    public static GlossaryEntry Type(MemoryType type) => s_types[(int)type];

    /// <summary>The entry of a column by its key.</summary>
    public static GlossaryEntry Column(string key) => Array.Find(s_columns, e => e.Key == key)
        ?? throw new ArgumentException($"the glossary does not explain the column {key}", nameof(key));

    /// <summary>Finds an entry by title or key; case, spaces, dashes and underscores do not matter. Types come before columns.</summary>
    public static GlossaryEntry? Find(string word) => All.FirstOrDefault(e => Names.Same(word, e.Title) || Names.Same(word, e.Key));
}
