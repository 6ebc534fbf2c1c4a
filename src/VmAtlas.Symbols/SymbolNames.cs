using VmAtlas.Model;
using VmAtlas.Symbols.Demangling;

namespace VmAtlas.Symbols;

/// <summary>The texts of a store, for several threads.</summary>
sealed class SymbolNames
{
    readonly Lock _lock = new();

    public StringTable Texts { get; } = new();

    public int Intern(ReadOnlySpan<byte> utf8)
    {
        lock (_lock)
            return Texts.Intern(utf8);
    }

    /// <summary>The name as people write it.</summary>
    public int InternDemangled(ReadOnlySpan<byte> name)
    {
        if (Demangler.TryDemangle(name) is not { } text)
            return Intern(name);
        lock (_lock)
            return Texts.Intern(text);
    }
}
