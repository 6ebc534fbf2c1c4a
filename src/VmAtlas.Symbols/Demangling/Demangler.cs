namespace VmAtlas.Symbols.Demangling;

public static class Demangler
{
    public static string? TryDemangle(ReadOnlySpan<byte> name) => null;
    public static string Demangle(ReadOnlySpan<byte> name) => TryDemangle(name) ?? System.Text.Encoding.UTF8.GetString(name);
}
