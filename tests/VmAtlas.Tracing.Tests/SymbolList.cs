using System.Globalization;
using VmAtlas.Testing;

namespace VmAtlas.Tracing.Tests;

/// <summary>The functions of a file as nm lists them.</summary>
sealed class SymbolList(List<(ulong Start, ulong Size, string Name)> functions)
{
    public static SymbolList Of(string path) => new([.. Tool.Output("nm", "-S", path).Split('\n')
        .Select(l => l.Split(' ', 4))
        .Where(p => p.Length == 4 && p[2] is "T" or "t" or "W")
        .Select(p => (Hex(p[0]), Hex(p[1]), p[3]))]);

    public string NameAt(ulong offset) => functions.FirstOrDefault(f => offset >= f.Start && offset < f.Start + f.Size).Name ?? "";

    static ulong Hex(string text) => ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
