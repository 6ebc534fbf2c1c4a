using System.Globalization;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary>Verbs on a process that lives, compared with what other tools say of it.</summary>
public sealed class LiveVerbTests : IDisposable
{
    readonly TestTarget _target = TestTarget.Start("cli_texts");

    string Pid => $"{_target.Pid}";

    public void Dispose() => _target.Dispose();

    [Fact]
    public void At_names_section_and_symbol_of_a_program()
    {
        var program = Path.Combine(Repository.Targets, "cli_texts");
        var at = FirstMapping(program) + SymbolOf("nm", program, "main") + 4;
        var text = CommandRun.Of("at", Pid, $"{at:x}").Worked().Out;
        text.ShouldContain("\n  Section    .text\n  Symbol     main + 0x4\n");
    }

    [Fact]
    public void At_names_what_a_stripped_library_exports()
    {
        var library = File.ReadLines($"/proc/{Pid}/maps").First(l => l.Contains("/libc.so.6")).Split(' ')[^1];
        var at = FirstMapping(library) + SymbolOf("nm", library, "malloc@@GLIBC_2.2.5", "-D") + 1;
        var json = CommandRun.Of("at", Pid, $"0x{at:x}", "--json").Json();
        json.GetProperty("symbol").GetString().ShouldBe("malloc");
        json.GetProperty("offsetInSymbol").GetInt32().ShouldBe(1);
        json.GetProperty("section").GetString().ShouldBe(".text");
    }

    [Fact]
    public void At_has_no_symbol_where_there_is_none() =>
        CommandRun.Of("at", Pid, _target.Said["ascii"].Single(), "--json").Json().TryGetProperty("symbol", out _).ShouldBeFalse();

    [Fact]
    public void Json_of_show_is_one_object_with_the_documented_fields()
    {
        var json = CommandRun.Of("show", Pid, "--json", "--blocks").Json();
        foreach (var field in (string[])["process", "time", "system", "summary", "regions", "annotators"])
            json.TryGetProperty(field, out _).ShouldBeTrue(field);
        foreach (var field in (string[])["kernel", "pageSize", "problems"])
            json.GetProperty("system").TryGetProperty(field, out _).ShouldBeTrue(field);
        var summary = json.GetProperty("summary").EnumerateArray().ToList();
        summary[0].GetProperty("type").GetString().ShouldBe("Total");
        string[] measures = ["size", "committed", "private", "totalWs", "privateWs", "shareableWs", "sharedWs", "lockedWs", "pss", "uss", "swap"];
        foreach (var field in measures.Append("blocks"))
            summary[0].GetProperty(field).GetUInt64().ShouldBeGreaterThanOrEqualTo(0UL, field);
        summary[1].GetProperty("largest").GetUInt64().ShouldBeGreaterThan(0UL);
        foreach (var region in json.GetProperty("regions").EnumerateArray())
        {
            foreach (var field in (string[])["type", "protection", "details", "reason"])
                region.GetProperty(field).GetString().ShouldNotBeNull(field);
            region.GetProperty("address").GetString()!.ShouldMatch("^0x[0-9a-f]+$");
            region.GetProperty("end").GetString()!.ShouldMatch("^0x[0-9a-f]+$");
            var blocks = region.GetProperty("blocks").EnumerateArray().ToList();
            foreach (var field in measures)
                region.GetProperty(field).GetUInt64().ShouldBe(blocks.Aggregate(0UL, (sum, b) => sum + b.GetProperty(field).GetUInt64()), field);
        }
        foreach (var annotator in json.GetProperty("annotators").EnumerateArray())
        {
            annotator.GetProperty("name").GetString().ShouldNotBeNullOrEmpty();
            annotator.GetProperty("ran").GetBoolean().ShouldNotBe(annotator.TryGetProperty("whyNot", out _));
            annotator.GetProperty("milliseconds").GetDouble().ShouldBeGreaterThanOrEqualTo(0);
        }
    }

    ulong FirstMapping(string path) =>
        Convert.ToUInt64(File.ReadLines($"/proc/{Pid}/maps").First(l => l.EndsWith(path, StringComparison.Ordinal)).Split('-')[0], 16);

    static ulong SymbolOf(string nm, string path, string name, params string[] options) => ulong.Parse(
        Tool.Output(nm, [.. options, path]).Split('\n').First(l => l.EndsWith($" {name}", StringComparison.Ordinal)).Split(' ')[0], NumberStyles.HexNumber);
}
