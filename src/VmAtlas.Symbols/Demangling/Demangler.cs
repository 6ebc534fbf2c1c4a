using System.Text;

namespace VmAtlas.Symbols.Demangling;

/// <summary>Turns the names that linkers see into those that people write: C++ (Itanium ABI, as GCC and Clang have it) and Rust (legacy and v0).</summary>
public static class Demangler
{
    [ThreadStatic]
    static ItaniumParser? s_parser;

    [ThreadStatic]
    static ItaniumPrinter? s_printer;

    /// <summary>The name as people write it; null when it is not mangled, or not understood.</summary>
    public static string? TryDemangle(ReadOnlySpan<byte> name)
    {
        if (name.StartsWith("_Z"u8))
            return RustLegacy.TryDemangle(name) ?? TryItanium(name);
        return name.StartsWith("_R"u8) ? RustV0.TryDemangle(name) : null;
    }

    /// <summary>The name as people write it, or as it is.</summary>
    public static string Demangle(ReadOnlySpan<byte> name) => TryDemangle(name) ?? Encoding.UTF8.GetString(name);

    static string? TryItanium(ReadOnlySpan<byte> name)
    {
        var parser = s_parser ??= new ItaniumParser();
        var printer = s_printer ??= new ItaniumPrinter(parser.Nodes);
        return parser.Parse(name) is { } root ? printer.Print(root) : null;
    }
}
