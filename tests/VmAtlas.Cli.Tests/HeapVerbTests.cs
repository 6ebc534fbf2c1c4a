using System.Text.Json;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary><c>vmatlas heap</c> on programs that know their own heap.</summary>
public sealed class HeapVerbTests
{
    static readonly string[] s_totals = ["arena", "ordblks", "smblks", "hblks", "hblkhd", "fsmblks", "uordblks", "fordblks", "keepcost"];

    static string Pid(TestTarget target) => target.Pid.ToString();

    [Fact]
    public void Json_has_mallinfo2s_totals_what_is_in_use_and_the_arenas()
    {
        using var target = TestTarget.Start("heap_shapes", "shared");
        var json = CommandRun.Of("heap", Pid(target), "--json").Json();
        foreach (var name in s_totals)
            json.GetProperty("totals").GetProperty(name).GetUInt64().ShouldBe(ulong.Parse(target.Said[name].Single()), name);
        var inUse = json.GetProperty("inUse");
        inUse.GetProperty("blocks").GetUInt64().ShouldBeGreaterThanOrEqualTo(ulong.Parse(target.Said["blocks"].Single()));
        json.GetProperty("arenas").GetArrayLength().ShouldBe(4);
        json.GetProperty("approximate").GetBoolean().ShouldBeFalse();
        json.TryGetProperty("pausedMilliseconds", out _).ShouldBeFalse();
    }

    [Fact]
    public void A_stop_is_stated()
    {
        using var shell = TestTarget.Start("/bin/sh", "-c", """exec 3<&0; "$0" plain <&3 & echo child $!; exec 3<&-; wait""",
            Path.Combine(Repository.Targets, "heap_shapes"));
        var pid = shell.Said["child"].Single();
        CommandRun.Of("heap", pid, "--stop", "--json").Json().GetProperty("pausedMilliseconds").GetDouble().ShouldBeGreaterThan(0);
        CommandRun.Of("heap", pid, "--stop").Worked().Out.ShouldContain("the target stood still for");
    }

    [Fact]
    public void A_snapshot_of_a_stopped_target_has_its_heap_exactly_though_it_never_rests()
    {
        using var shell = TestTarget.Start("/bin/sh", "-c", """exec 3<&0; "$0" live <&3 & echo child $!; exec 3<&-; wait""",
            Path.Combine(Repository.Targets, "heap_shapes"));
        var file = Path.GetTempFileName() + ".vmatlas";
        CommandRun.Of("snapshot", shell.Said["child"].Single(), "--heaps", "--stop", "-o", file).Worked().Out.ShouldContain("the target stood still for");
        var heap = CommandRun.Of("heap", file, "--json").Json();
        heap.GetProperty("approximate").GetBoolean().ShouldBeFalse();
        heap.GetProperty("pausedMilliseconds").GetDouble().ShouldBeGreaterThan(0);
        CommandRun.Of("snapshot", file, "--stop", "-o", file).ExitCode.ShouldBe(2);
        CommandRun.Of("snapshot", shell.Said["child"].Single(), "--stop", "--induce-gc", "-o", file).Error.ShouldContain("can not answer");
        File.Delete(file);
    }

    [Fact]
    public void Text_names_arenas_and_sizes()
    {
        using var target = TestTarget.Start("heap_shapes", "arenas");
        var text = CommandRun.Of("heap", Pid(target)).Worked().Out;
        text.ShouldContain("glibc malloc");
        text.ShouldContain("main");
        text.ShouldContain("Chunks of");
        text.ShouldContain("exact: nothing moved");
    }

    [Fact]
    public void Blocks_are_filtered_sorted_and_show_how_they_begin()
    {
        using var target = TestTarget.Start("heap_shapes", "plain");
        var json = CommandRun.Of("heap", Pid(target), "--blocks", "--state", "used", "--size", "1K..1500", "--sort", "size", "--bytes", "4", "--json").Json();
        var blocks = json.GetProperty("blocks").EnumerateArray().ToList();
        blocks.Count.ShouldBeGreaterThan(100);
        var sizes = blocks.Select(b => b.GetProperty("size").GetUInt64()).ToList();
        sizes.ShouldAllBe(s => s >= 1024 && s <= 1500);
        sizes.ShouldBe(sizes.OrderDescending());
        blocks.Count(b => b.GetProperty("bytes").GetString() == "5a5a5a5a").ShouldBeGreaterThan(blocks.Count * 9 / 10);
    }

    [Fact]
    public void Objects_are_counted_by_class_where_symbols_tell()
    {
        using var target = TestTarget.Start("heap_classes");
        var classes = CommandRun.Of("heap", Pid(target), "--classes", "--json").Json().GetProperty("classes").EnumerateArray()
            .ToDictionary(c => c.GetProperty("class").GetString()!, c => c.GetProperty("objects").GetInt32());
        foreach (var line in target.Said["object"])
        {
            var words = line.Split(' ', 3);
            classes[words[2]].ShouldBe(int.Parse(words[0]));
        }
    }

    [Fact]
    public void Blocks_are_exported()
    {
        using var target = TestTarget.Start("heap_shapes", "plain");
        var file = Path.GetTempFileName();
        try
        {
            CommandRun.Of("heap", Pid(target), "--blocks", "-o", file).Worked();
            var lines = File.ReadAllLines(file);
            lines[0].ShouldBe("address,size,usable,state,class,bytes");
            lines.Length.ShouldBeGreaterThan(int.Parse(target.Said["blocks"].Single()));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void What_grew_since_an_earlier_report_is_listed()
    {
        using var target = TestTarget.Start("heap_shapes", "plain");
        var before = Path.GetTempFileName();
        try
        {
            var json = JsonDocument.Parse(CommandRun.Of("heap", Pid(target), "--json").Worked().Out);
            File.WriteAllText(before, """{"sizes":[]}""");
            var growth = CommandRun.Of("heap", Pid(target), "--since", before, "--json").Json().GetProperty("growth");
            growth.GetArrayLength().ShouldBeGreaterThan(10);
            File.WriteAllText(before, json.RootElement.GetRawText());
            CommandRun.Of("heap", Pid(target), "--since", before, "--json").Json().GetProperty("growth").GetArrayLength().ShouldBe(0);
        }
        finally
        {
            File.Delete(before);
        }
    }

    [Fact]
    public void A_saved_heap_is_looked_into_like_a_live_one_and_compared()
    {
        using var target = TestTarget.Start("heap_shapes", "growing");
        var (before, after) = (Path.GetTempFileName(), Path.GetTempFileName());
        try
        {
            CommandRun.Of("snapshot", Pid(target), "--heaps", "-o", before).Worked();
            var live = CommandRun.Of("heap", Pid(target), "--json").Json();
            var saved = CommandRun.Of("heap", $"{before}@1", "--json").Json();
            foreach (var part in (string[])["totals", "inUse", "arenas", "sizes"])
                saved.GetProperty(part).GetRawText().ShouldBe(live.GetProperty(part).GetRawText());
            CommandRun.Of("heap", before, "--blocks", "--state", "top", "--json").Json().GetProperty("blocks").GetArrayLength().ShouldBe(1);

            target.Input.WriteLine("grow");
            target.Input.Flush();
            target.Output.ReadLine().ShouldBe("grown");
            CommandRun.Of("snapshot", Pid(target), "--heaps", "-o", after).Worked();
            foreach (var growth in (System.Text.Json.JsonElement[])
            [
                CommandRun.Of("diff", before, after, "--json").Json().GetProperty("heapGrowth"),
                CommandRun.Of("diff", before, Pid(target), "--heaps", "--json").Json().GetProperty("heapGrowth"),
                CommandRun.Of("heap", after, "--since", before, "--json").Json().GetProperty("growth"),
            ])
            {
                var most = growth[0];
                most.GetProperty("size").GetInt32().ShouldBe(784, "768 bytes and the header");
                (most.GetProperty("after").GetInt32() - most.GetProperty("before").GetInt32()).ShouldBe(500);
            }
            CommandRun.Of("diff", before, after).Worked().Out.ShouldContain("Growing size");
        }
        finally
        {
            File.Delete(before);
            File.Delete(after);
        }
    }

    [Fact]
    public void An_address_is_told_with_its_block_live_and_saved()
    {
        using var target = TestTarget.Start("heap_shapes", "plain");
        var file = Path.GetTempFileName();
        try
        {
            CommandRun.Of("snapshot", Pid(target), "--heaps", "-o", file).Worked();
            var block = CommandRun.Of("heap", file, "--blocks", "--state", "used", "--size", "1K..", "--json").Json().GetProperty("blocks")[0];
            var address = Convert.ToUInt64(block.GetProperty("address").GetString()![2..], 16);
            foreach (var run in (CommandRun[])[CommandRun.Of("at", file, $"{address + 24:x}", "--json"), CommandRun.Of("at", Pid(target), $"{address + 24:x}", "--heaps", "--json")])
            {
                var found = run.Json().GetProperty("heapBlock");
                found.GetProperty("address").GetString().ShouldBe(block.GetProperty("address").GetString());
                found.GetProperty("size").GetUInt64().ShouldBe(block.GetProperty("size").GetUInt64());
                found.GetProperty("offset").GetInt32().ShouldBe(24);
            }
            CommandRun.Of("at", Pid(target), $"{address:x}", "--json").Json().TryGetProperty("heapBlock", out _).ShouldBeFalse("it was not asked for");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("--stop")]
    [InlineData("--classes")]
    [InlineData("--growth", "1s")]
    [InlineData("--blocks", "--bytes", "8")]
    public void What_takes_the_memory_itself_is_refused_for_a_file(params string[] options)
    {
        using var target = TestTarget.Start("heap_shapes", "untouched");
        var file = Path.GetTempFileName();
        try
        {
            CommandRun.Of("snapshot", Pid(target), "--heaps", "-o", file).Worked();
            var run = CommandRun.Of(["heap", $"{file}@1", .. options]);
            run.ExitCode.ShouldBe(2);
            run.Error.ShouldContain("takes a live process");
            CommandRun.Of("snapshot", Pid(target), "-o", file).Worked();
            CommandRun.Of("heap", file).Error.ShouldContain("has no heap in it");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Show_brings_the_heap_only_when_asked()
    {
        using var target = TestTarget.Start("heap_shapes", "trimmable");
        CommandRun.Of("show", Pid(target), "--json").Json().TryGetProperty("heap", out _).ShouldBeFalse();
        var json = CommandRun.Of("show", Pid(target), "--heaps", "--blocks", "--json").Json();
        json.GetProperty("heap").GetProperty("totals").GetProperty("uordblks").GetUInt64().ShouldBe(ulong.Parse(target.Said["uordblks"].Single()));
        var labels = json.GetProperty("regions").EnumerateArray().Where(r => r.GetProperty("type").GetString() == "Heap")
            .SelectMany(r => r.GetProperty("blocks").EnumerateArray()).Select(b => b.GetProperty("label").GetString()).ToHashSet();
        labels.ShouldContain("free");
        labels.ShouldContain("top");
    }

    [Theory]
    [InlineData("there is no state 'gone'", "--state", "gone")]
    [InlineData("--size takes a size or a range", "--size", "much")]
    [InlineData("there is no arena 99", "--arena", "99")]
    [InlineData("--bytes takes a number from 0 to 256", "--bytes", "4096")]
    [InlineData("--growth takes a length of time", "--growth", "soon")]
    public void Wrong_use_is_one_sentence_and_exit_code_2(string sentence, params string[] options)
    {
        using var target = TestTarget.Start("heap_shapes", "untouched");
        var run = CommandRun.Of(["heap", Pid(target), .. options]);
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain(sentence);
    }

    [Fact]
    public void A_damaged_heap_gets_a_clear_word()
    {
        using var target = TestTarget.Start("heap_shapes", "corrupt");
        var text = CommandRun.Of("heap", Pid(target)).Worked().Out;
        text.ShouldContain("approximate");
        text.ShouldContain("0x4141414141414141");
    }
}
