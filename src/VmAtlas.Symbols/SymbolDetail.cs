namespace VmAtlas.Symbols;

/// <summary>How much is known of a module.</summary>
public enum SymbolDetail
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Only the functions that other objects may use.</summary>
    Exports,

    /// <summary>All functions, without lines.</summary>
    Functions,

    /// <summary>Functions, what was inlined into them, files and lines.</summary>
    Lines,
}
