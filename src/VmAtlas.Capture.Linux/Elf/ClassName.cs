using System.Text;

namespace VmAtlas.Capture.Linux.Elf;

/// <summary>The name of the class that a virtual table's symbol stands for: <c>_ZTVN3app6WidgetE</c> is app::Widget.</summary>
/// <remarks>Names, namespaces and <c>std::</c> are read; a template's arguments are not, it is shown as <c>name&lt;…&gt;</c>. What is not understood is
/// shown as it stands. Not a demangler on purpose: the text comes from a file that is not trusted.</remarks>
static class ClassName
{
    public static string Of(string symbol)
    {
        var rest = symbol.AsSpan("_ZTV".Length);
        var nested = rest.StartsWith("N");
        if (nested)
            rest = rest[1..];
        var name = new StringBuilder();
        if (rest.StartsWith("St"))
        {
            name.Append("std");
            rest = rest["St".Length..];
        }
        while (TryTakeName(ref rest, out var part))
            name.Append(name.Length > 0 ? "::" : "").Append(part);
        if (rest.StartsWith("I"))
            return name.Length > 0 ? name.Append("<…>").ToString() : symbol;
        return name.Length > 0 && (nested ? rest.SequenceEqual("E") : rest.IsEmpty) ? name.ToString() : symbol;
    }

    /// <summary>Digits, then so many characters. GCC's name for an unnamed namespace is shown as C++ writes it.</summary>
    static bool TryTakeName(ref ReadOnlySpan<char> rest, out string name)
    {
        var digits = rest.IndexOfAnyExceptInRange('0', '9');
        name = "";
        if (digits is < 1 or > 3 || !int.TryParse(rest[..digits], out var length) || length > rest.Length - digits)
            return false;
        name = rest.Slice(digits, length).ToString();
        if (name == "_GLOBAL__N_1")
            name = "(anonymous)";
        rest = rest[(digits + length)..];
        return true;
    }
}
