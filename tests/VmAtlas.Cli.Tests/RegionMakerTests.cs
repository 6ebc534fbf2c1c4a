using System.Globalization;
using System.Text.Json;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary>Who made the regions of a traced program, by the functions of it that did.</summary>
public sealed class RegionMakerTests : IDisposable
{
    readonly SampleFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Each_region_names_the_call_that_made_it_or_that_fills_it()
    {
        var (file, mapped) = (_files.Path("makers.vmatlas"), _files.Path("mapped"));
        File.WriteAllBytes(mapped, new byte[9000]);
        var run = VmatlasProcess.Run("", "trace", "-o", file, "--", Path.Combine(Repository.Targets, "trace_makers"), mapped, "1300");
        run.Code.ShouldBe(0, run.Error);
        var said = run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')).ToDictionary(w => w[0], w => Convert.ToUInt64(w[1], 16));
        var json = CommandRun.Of("show", file, "--json").Json();

        var made = Maker(json, said["private"]);
        (made.GetProperty("mappedBy").GetString(), Leaf(made)).ShouldBe(("mmap", "make_private"));
        var ofFile = Maker(json, said["file"]);
        (ofFile.GetProperty("mappedBy").GetString(), Leaf(ofFile), ofFile.GetProperty("bytes").GetInt64()).ShouldBe(("mmap", "make_file", 8192));
        var heap = Maker(json, said["small"]);
        (heap.GetProperty("blocksOf").GetString(), Leaf(heap), heap.GetProperty("bytes").GetInt64(), heap.GetProperty("count").GetInt64()).ShouldBe(("malloc", "make_small", 64000, 1000));
        Leaf(Maker(json, said["large"])).ShouldBe("make_large", "the C library mapped it by itself, for this call");
        var frame = heap.GetProperty("stack")[0];
        frame.GetProperty("file").GetString()!.ShouldEndWith("makers.c");
        frame.GetProperty("module").GetString()!.ShouldEndWith("trace_makers");

        var text = CommandRun.Of("show", file, "--details").Worked().Out;
        text.ShouldContain("made by mmap in make_private  makers.c:");
        text.ShouldContain("holds 62.5 K in 1,000 of malloc from make_small  makers.c:");
        text.ShouldContain("(trace_makers) ← main");
        CommandRun.Of("show", file, "--why").Worked().Out.ShouldContain("make_private  makers.c:");
        CommandRun.Of("at", file, said["file"].ToString("x", CultureInfo.InvariantCulture)).Worked().Out.ShouldContain("make_file  makers.c:");
        var exported = JsonDocument.Parse(CommandRun.Of("export", file, "-f", "json", "-o", "-").Worked().Out).RootElement;
        Leaf(Maker(exported, said["private"])).ShouldBe("make_private");
    }

    static JsonElement Maker(JsonElement snapshot, ulong address) => snapshot.GetProperty("regions").EnumerateArray()
        .Single(r => Address(r, "address") <= address && address < Address(r, "end")).GetProperty("makers")[0];

    static ulong Address(JsonElement region, string end) => Convert.ToUInt64(region.GetProperty(end).GetString()![2..], 16);

    static string? Leaf(JsonElement maker) => maker.GetProperty("stack")[0].GetProperty("function").GetString();
}
