using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary><c>vmatlas managed</c> on a program that knows its own heap.</summary>
public sealed class ManagedTests : IDisposable
{
    readonly TestTarget _target = TestTarget.Start(Path.Combine(Repository.Root, "artifacts/bin/ClrTarget/debug/clrtarget"));
    readonly string _file = Path.GetTempFileName();

    [Fact]
    public void Shows_each_generation_and_where_the_knowledge_is_from()
    {
        var text = CommandRun.Of("managed", Pid).Worked().Out;
        text.ShouldContain("as its debugger library reads it");
        foreach (var row in (string[])["generation 0", "generation 2", "large objects", "pinned objects", "JIT code", "GC reserve"])
            text.ShouldContain("\n" + row + " ");
    }

    [Fact]
    public void Json_has_runtime_heaps_and_objects()
    {
        var json = CommandRun.Of("managed", Pid, "--types", "--json").Json();
        json.GetProperty("runtime").GetProperty("version").GetString().ShouldBe(Environment.Version.ToString());
        json.GetProperty("heaps").EnumerateArray().Single(h => h.GetProperty("heap").GetString() == "loh").GetProperty("used").GetInt64().ShouldBeGreaterThan(10 << 20);
        var old = json.GetProperty("types").EnumerateArray().Single(t => t.GetProperty("type").GetString() == "ClrTarget.Program+Old");
        (old.GetProperty("count").GetInt64(), old.GetProperty("bytes").GetInt64()).ShouldBe((100_000, 4_000_000));
        json.GetProperty("explained").GetProperty("named").GetDouble().ShouldBeGreaterThan(0.95 * json.GetProperty("explained").GetProperty("resident").GetDouble());
    }

    [Fact]
    public void What_became_more_since_a_file_is_listed()
    {
        File.WriteAllText(_file, CommandRun.Of("managed", Pid, "--types", "--json").Worked().Out);
        _target.Input.WriteLine("grow 5000");
        _target.Input.Flush();
        _target.Output.ReadLine().ShouldBe("done");
        var changes = CommandRun.Of("managed", Pid, "--since", _file, "--json").Json().GetProperty("changes").EnumerateArray();
        var grown = changes.Single(c => c.GetProperty("type").GetString() == "ClrTarget.Program+Grown");
        (grown.GetProperty("countAfter").GetInt64() - grown.GetProperty("countBefore").GetInt64()).ShouldBe(5000);
    }

    [Fact]
    public void Objects_are_kept_in_a_file_and_compared_with_it()
    {
        var (before, after) = (_file + "1.vmatlas", _file + "2.vmatlas");
        CommandRun.Of("snapshot", Pid, "--managed", "-o", before).Worked();
        _target.Input.WriteLine("grow 5000");
        _target.Input.Flush();
        _target.Output.ReadLine().ShouldBe("done");
        CommandRun.Of("snapshot", Pid, "--managed", "-o", after).Worked();
        Old(CommandRun.Of("managed", before, "--types", "--json").Json()).ShouldBe((100_000, 4_000_000));
        Grown("managed", after, "--since", before, "--json").ShouldBe(5000);
        Grown("managed", Pid, "--since", before + "@1", "--json").ShouldBe(5000);
        Grown("managed", before, "--since", Pid, "--json").ShouldBe(-5000);
        CommandRun.Of("managed", after, "--since", before).Worked().Out.ShouldContain("more used");
        CommandRun.Of("managed", before).Worked().Out.ShouldNotContain("ClrTarget.Program+Old");
        CommandRun.Of("snapshot", before, "-o", after).Worked();
        Old(CommandRun.Of("managed", after, "--types", "--json").Json()).ShouldBe((100_000, 4_000_000), "copied with the snapshot");
        File.Delete(before);
        File.Delete(after);

        (long, long) Old(System.Text.Json.JsonElement json) => json.GetProperty("types").EnumerateArray()
            .Where(t => t.GetProperty("type").GetString() == "ClrTarget.Program+Old")
            .Select(t => (t.GetProperty("count").GetInt64(), t.GetProperty("bytes").GetInt64())).Single();
        long Grown(params string[] line) => CommandRun.Of(line).Json().GetProperty("changes").EnumerateArray()
            .Where(c => c.GetProperty("type").GetString() == "ClrTarget.Program+Grown")
            .Sum(c => c.GetProperty("countAfter").GetInt64() - c.GetProperty("countBefore").GetInt64());
    }

    [Fact]
    public void Diff_lists_the_types_that_changed()
    {
        var (before, after) = (_file + "1.vmatlas", _file + "2.vmatlas");
        CommandRun.Of("snapshot", Pid, "--managed", "-o", before).Worked();
        _target.Input.WriteLine("grow 5000");
        _target.Input.Flush();
        _target.Output.ReadLine().ShouldBe("done");
        Grown("diff", before, Pid, "--types", "--json").ShouldBe(5000);
        CommandRun.Of("snapshot", Pid, "--managed", "-o", after).Worked();
        Grown("diff", before, after, "--json").ShouldBe(5000, "both files have their objects");
        var text = CommandRun.Of("diff", before, after, "--types").Worked().Out;
        text.ShouldMatch(@"\+5,000 +\S+ +[\d,]+ +ClrTarget.Program\+Grown");
        CommandRun.Of("snapshot", Pid, "-o", after).Worked();
        CommandRun.Of("diff", before, after).Worked().Out.ShouldNotContain("Program+Grown");
        CommandRun.Of("diff", before, after, "--types").Error.ShouldContain("snapshot --managed");
        File.Delete(before);
        File.Delete(after);

        long Grown(params string[] line) => CommandRun.Of(line).Json().GetProperty("objects").EnumerateArray()
            .Where(c => c.GetProperty("type").GetString() == "ClrTarget.Program+Grown")
            .Sum(c => c.GetProperty("countAfter").GetInt64() - c.GetProperty("countBefore").GetInt64());
    }

    [Fact]
    public void A_file_without_objects_says_how_to_keep_them()
    {
        var file = _file + ".vmatlas";
        CommandRun.Of("snapshot", Pid, "-o", file).Worked();
        var run = CommandRun.Of("managed", file, "--types");
        File.Delete(file);
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("snapshot --managed");
    }

    [Fact]
    public void Heaps_of_server_GC_are_told_apart()
    {
        using var server = TestTarget.Start("/usr/bin/env", "DOTNET_gcServer=1", "DOTNET_GCHeapCount=2", Path.Combine(Repository.Root, "artifacts/bin/ClrTarget/debug/clrtarget"));
        var json = CommandRun.Of("managed", server.Pid.ToString(), "--json").Json();
        var heaps = json.GetProperty("collectorHeaps").EnumerateArray().ToList();
        heaps.Select(h => h.GetProperty("number").GetInt32()).Distinct().ShouldBe(Enumerable.Range(0, Math.Min(2, Environment.ProcessorCount)));
        // Large objects are on one heap or the other; pages of the snapshot are whole, bytes here are not.
        var used = heaps.Where(h => h.GetProperty("heap").GetString() == "loh").Sum(h => h.GetProperty("used").GetInt64());
        json.GetProperty("heaps").EnumerateArray().Single(h => h.GetProperty("heap").GetString() == "loh").GetProperty("used").GetInt64()
            .ShouldBeInRange(used, used + heaps.Count * 2 * 4096);
    }

    [Fact]
    public void A_program_that_is_not_dotnet_is_a_sentence()
    {
        using var sleep = System.Diagnostics.Process.Start("sleep", "60");
        var run = CommandRun.Of("managed", sleep.Id.ToString());
        sleep.Kill();
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("no memory of a .NET runtime");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("""{"types":[{"type":1}],"skippedBytes":0}""")]
    public void A_file_that_is_no_count_is_a_sentence(string text)
    {
        File.WriteAllText(_file, text);
        var run = CommandRun.Of("managed", Pid, "--since", _file);
        run.ExitCode.ShouldBe(6, run.Error);
        run.Error.ShouldContain("is not what 'vmatlas managed --types --json' wrote");
    }

    public void Dispose()
    {
        File.Delete(_file);
        _target.Dispose();
    }

    string Pid => _target.Pid.ToString();
}
