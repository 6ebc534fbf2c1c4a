using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using VmAtlas.Symbols.Demangling;

namespace VmAtlas.Symbols.Tests;

/// <summary>Frames of addresses as texts "function at file:line", from us and from the tools that are believed.</summary>
static partial class Frames
{
    /// <summary>Addresses inside of a program's own functions, every few bytes, at most so many.</summary>
    public static ulong[] AddressesOf(string program, int most = 3000)
    {
        var addresses = new List<ulong>();
        foreach (var line in Shell.Run("nm", ["-S", "--defined-only", program]).Split('\n'))
        {
            var words = line.Split(' ');
            if (words.Length == 4 && words[2] is "t" or "T" or "W" or "w")
            {
                var (start, size) = (Convert.ToUInt64(words[0], 16), Convert.ToUInt64(words[1], 16));
                for (var at = 0UL; at < Math.Min(size, 4000); at += 3)
                    addresses.Add(start + at);
            }
        }
        addresses.Count.ShouldBeGreaterThan(20, "the program has functions");
        var random = new Random(11);
        return addresses.Count <= most ? [.. addresses] : [.. addresses.OrderBy(_ => random.Next()).Take(most)];
    }

    public static string[] Ours(ModuleSymbols module, SymbolStore store, ulong[] addresses, AddressKind kind = AddressKind.Exact)
    {
        var table = module.Resolve(addresses, kind);
        table.Count.ShouldBe(addresses.Length);
        return [.. Enumerable.Range(0, addresses.Length).Select(i => Join(table[i].ToArray().Select(f => Text(store.Texts[f.Function], store.Texts[f.File], f.Line))))];
    }

    public static string[] Ours(string program, ulong[] addresses, SymbolPath? path = null)
    {
        using var store = new SymbolStore(path ?? SymbolPath.Default);
        return Ours(store.Open(new SymbolModule(program)), store, addresses);
    }

    public static string[] OfLlvm(string program, ulong[] addresses)
    {
        var output = Shell.Run("llvm-symbolizer", [$"--obj={program}", "--inlines", "--no-demangle"], Lines(addresses));
        return [.. output.TrimEnd('\n').Split("\n\n").Select(block => Join(Pairs(block.Split('\n'))))];
    }

    public static string[] OfAddr2Line(string program, ulong[] addresses)
    {
        var output = Shell.Run("addr2line", ["-e", program, "-a", "-f", "-i"], Lines(addresses));
        return [.. output.TrimEnd('\n').Split("0x", StringSplitOptions.RemoveEmptyEntries).Select(block => Join(Pairs(block.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..])))];
    }

    /// <summary>Fails with the addresses that differ. The function that has the code may be called by any of the names of its address: linkers fold
    /// functions that are alike, and the C library gives many two names.</summary>
    public static void ShouldAgree(string program, ulong[] addresses, string[] ours, string[] theirs)
    {
        theirs.Length.ShouldBe(addresses.Length);
        var names = NamesOf(program);
        var different = Enumerable.Range(0, addresses.Length).Where(i => ours[i] != theirs[i] && !DifferOnlyInAlias(ours[i], theirs[i], names))
            .Select(i => $"{addresses[i]:x}\n  ours\n    {ours[i]}\n  theirs\n    {theirs[i]}").ToArray();
        different.Length.ShouldBe(0, $"{different.Length} of {addresses.Length} addresses of {program} differ:\n{string.Join('\n', different.Take(6))}");
    }

    /// <summary>Only where the frames are: where a function has no linkage name tools take different ones.</summary>
    public static string[] Places(string[] frames) =>
        [.. frames.Select(f => Join(f.Split('\n').Select(frame => frame.LastIndexOf(" at ", StringComparison.Ordinal) is >= 0 and var at ? frame[at..] : "")))];

    static bool DifferOnlyInAlias(string ours, string theirs, ILookup<string, ulong> names)
    {
        var (mine, their) = (ours.Split('\n'), theirs.Split('\n'));
        var (outer, other) = (mine[^1].Split(" at "), their[^1].Split(" at "));
        return mine.AsSpan(0, mine.Length - 1).SequenceEqual(their.AsSpan(0, their.Length - 1)) && outer.AsSpan(1).SequenceEqual(other.AsSpan(1)) && names[outer[0].Trim()].Intersect(names[other[0].Trim()]).Any();
    }

    /// <summary>The addresses of each symbol's name.</summary>
    static ILookup<string, ulong> NamesOf(string program) => Shell.Run("nm", ["--defined-only", program]).Split('\n')
        .Select(l => l.Split(' ')).Where(w => w.Length == 3 && w[0].Length > 0)
        .ToLookup(w => Clone().Replace(Demangler.Demangle(Encoding.UTF8.GetBytes(w[2])), ""), w => Convert.ToUInt64(w[0], 16));

    static string Lines(ulong[] addresses) => string.Concat(addresses.Select(a => $"0x{a:x}\n"));

    static IEnumerable<string> Pairs(string[] lines)
    {
        for (var i = 0; i + 1 < lines.Length; i += 2)
        {
            var place = Place().Match(lines[i + 1]);
            var line = place.Groups[2].Value is var n && int.TryParse(n, CultureInfo.InvariantCulture, out var number) ? number : 0;
            yield return Text(lines[i] == "??" ? "" : Demangler.Demangle(Encoding.UTF8.GetBytes(lines[i])), place.Groups[1].Value, line);
        }
    }

    /// <summary>A line 0 is no place. What the compiler calls its copies of a function is left out: some tools say it, some do not.</summary>
    static string Text(string function, string file, int line) => line == 0
        ? Clone().Replace(function, "")
        : $"{Clone().Replace(function, "")} at {Path.GetFullPath(file)}:{line}";

    static string Join(IEnumerable<string> frames) => string.Join("\n    ", frames);

    [GeneratedRegex(@"^(.*?):(\d+|\?)(:\d+)?( \(discriminator \d+\))?$")]
    private static partial Regex Place();

    [GeneratedRegex(@"( \[clone [^\]]*\])+$|\.(isra|constprop|part|cold|lto_priv)(\.\d+)?|\.\d+$")]
    private static partial Regex Clone();
}
