using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols;

/// <summary>An object of a target whose symbols are wanted.</summary>
/// <param name="Path">As the target names it.</param>
public sealed record SymbolModule(string Path)
{
    /// <summary>In hexadecimal, where it is known: then only a file with it is taken, and it is looked for even where the object itself is gone.</summary>
    public string? BuildId { get; init; }

    /// <summary>The folder that the target calls "/": <c>/proc/PID/root</c> for a container; null for our own.</summary>
    public string? Root { get; init; }

    /// <summary>Opens the mapped file itself, which can be another one than its path now leads to; null where the path has to do.</summary>
    public Func<IFileBytes?>? Open { get; init; }
}
