using System.Diagnostics.CodeAnalysis;

namespace VmAtlas.Symbols.Bytes;

/// <summary>An object file, or its debug information, does not make sense or is not supported. The message is a clause that can follow a file's name.</summary>
/// <remarks>Never leaves the library: <see cref="ModuleSymbols"/> turns it into a reason.</remarks>
sealed class SymbolFormatException(string message) : Exception(message)
{
    [DoesNotReturn]
    public static void Throw(string message) => throw new SymbolFormatException(message);
}
