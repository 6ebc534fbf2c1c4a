namespace VmAtlas.Symbols;

/// <summary>A symbol of an object's table and the addresses it covers, the object's own.</summary>
/// <param name="Name">Demangled.</param>
/// <param name="LinkageName">As it stands in the file.</param>
public readonly record struct SymbolHit(string Name, string LinkageName, ulong Start, ulong End);
