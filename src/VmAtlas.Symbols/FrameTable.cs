namespace VmAtlas.Symbols;

/// <summary>One function that an address is in.</summary>
/// <param name="Function">The name's number in the store's texts, demangled; 0 when it is not known.</param>
/// <param name="File">The path's number in the store's texts, as the compiler was given it; 0 when it is not known.</param>
/// <param name="Line">From 1 on; 0 when it is not known.</param>
/// <param name="IsInlined">The function has no code of its own here: the next frame is the one it was inlined into.</param>
public readonly record struct SymbolFrame(int Function, int File, int Line, bool IsInlined);

/// <summary>The frames of many addresses: columns, no object a frame.</summary>
public sealed class FrameTable
{
    readonly int[] _first;
    readonly SymbolFrame[] _frames;

    internal FrameTable(int[] first, SymbolFrame[] frames) => (_first, _frames) = (first, frames);

    /// <summary>How many addresses were asked about.</summary>
    public int Count => _first.Length - 1;

    /// <summary>All frames of all addresses.</summary>
    public int FrameCount => _frames.Length;

    /// <summary>The frames of the address with this number, innermost first; none when nothing is known of it.</summary>
    public ReadOnlySpan<SymbolFrame> this[int address] => _frames.AsSpan(_first[address].._first[address + 1]);
}
