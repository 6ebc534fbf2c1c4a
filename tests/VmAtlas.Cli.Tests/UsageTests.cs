using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

public sealed class UsageTests : IDisposable
{
    readonly SampleFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Help_lists_every_verb()
    {
        foreach (var run in (CommandRun[])[CommandRun.Of("--help"), CommandRun.Of("help")])
        {
            foreach (var verb in CommandLine.VerbList.Names)
                run.Worked().Out.ShouldContain($"\n  {verb} ");
        }
    }

    [Fact]
    public void Every_verb_explains_itself_with_examples_and_has_json()
    {
        foreach (var verb in CommandLine.VerbList.Names)
        {
            var help = CommandRun.Of(verb, "--help").Worked().Out;
            help.ShouldContain("\nExamples\n  vmatlas ");
            help.ShouldContain("--json");
            CommandRun.Of("help", verb).Worked().Out.ShouldBe(help);
        }
    }

    [Fact]
    public void Help_is_json_where_that_is_asked_for()
    {
        var lists = CommandRun.Of("help", "--json").Json();
        lists.GetProperty("verbs").EnumerateArray().Select(v => v.GetProperty("verb").GetString()).ShouldBe(CommandLine.VerbList.Names);
        var verb = CommandRun.Of("help", "show", "--json").Json();
        verb.GetProperty("options").EnumerateArray().Select(o => o.GetProperty("name").GetString()).ShouldContain("--blocks");
        verb.GetProperty("examples").GetArrayLength().ShouldBeGreaterThan(3);
        CommandRun.Of("help", "terms", "--json").Json().GetProperty("text").GetString().ShouldBe(CommandRun.Of("help", "terms").Out);
        CommandRun.Of("help", "nonsense", "--json").ExitCode.ShouldBe(2);
    }

    [Theory]
    [InlineData("columns", "totalWs")]
    [InlineData("types", "Managed Heap")]
    [InlineData("filter", "private > 10M")]
    [InlineData("exit-codes", "not permitted")]
    [InlineData("terms", "Working set")]
    public void Topics_are_explained(string topic, string word) => CommandRun.Of("help", topic).Worked().Out.ShouldContain(word);

    [Fact]
    public void The_version_is_printed() => CommandRun.Of("--version").Worked().Out.ShouldMatch(@"^vmatlas \d+\.\d+\.\d+\n$");

    [Theory]
    [InlineData(2, "there is no verb 'shw': did you mean 'show'?", "shw")]
    [InlineData(2, "there is no verb 'frobnicate': 'vmatlas --help' lists the verbs", "frobnicate")]
    [InlineData(2, "required argument", "show")]
    [InlineData(2, "'--foo'", "show", "1", "--foo")]
    [InlineData(2, "--every takes a length of time", "record", "1", "-o", "x.vmatlas", "--every", "soon")]
    [InlineData(2, "no snapshot: it is @1 for the first", "show", "x.vmatlas@0")]
    [InlineData(2, "'x.vmatlas' is a saved file", "strings", "x.vmatlas")]
    [InlineData(2, "no address", "at", "1", "xyz")]
    [InlineData(2, "there is no completion for 'tcsh'", "completion", "tcsh")]
    [InlineData(2, "-o takes the saved file", "-o")]
    [InlineData(2, "-p takes a process", "-p")]
    [InlineData(3, "there is no process 999999999", "show", "999999999")]
    [InlineData(3, "there is no process 99999999999999999999", "show", "99999999999999999999")]
    [InlineData(3, "no-such-process-name", "show", "no-such-process-name")]
    [InlineData(3, "there is no folder /no/such for /no/such/file.vmatlas", "show", "/no/such/file.vmatlas")]
    [InlineData(3, "there is no file no-such-file.vmatlas", "show", "no-such-file.vmatlas")]
    public void Failures_are_one_sentence_with_their_exit_code(int code, string sentence, params string[] arguments)
    {
        var run = CommandRun.Of(arguments);
        run.ExitCode.ShouldBe(code, run.Error);
        run.Error.ShouldStartWith("vmatlas: ");
        run.Error.ShouldContain(sentence);
        run.Error.Count(c => c == '\n').ShouldBe(1);
        run.Out.ShouldBeEmpty();
    }

    [Fact]
    public void A_damaged_file_is_exit_code_6()
    {
        File.WriteAllText(_files.Path("bad.vmatlas"), "this is no such file");
        CommandRun.Of("show", _files.Path("bad.vmatlas")).ExitCode.ShouldBe(6);
    }

    [Fact]
    public void A_process_goes_before_a_file_of_its_name()
    {
        var name = $"both-{Environment.ProcessId}";
        var file = Path.Combine(Environment.CurrentDirectory, name);
        File.Copy("/bin/sleep", file);
        try
        {
            CommandRun.Of("show", name).Error.ShouldBe($"vmatlas: there is no process named '{name}'; for the file say ./{name}\n");
            using var process = System.Diagnostics.Process.Start(file, ["60"]);
            CommandRun.Of("show", name, "--json").Json().GetProperty("process").GetProperty("pid").GetInt32().ShouldBe(process.Id);
            process.Kill();
            process.WaitForExit();
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_snapshot_of_a_file_is_chosen_by_its_number()
    {
        var file = _files.Save("three.vmatlas", [.. Enumerable.Range(0, 3).Select(i => new SnapshotMaker { TakenAt = new DateTimeOffset(2025, 3, 1, 12, i, 0, TimeSpan.Zero) }.Make())]);
        CommandRun.Of("show", $"{file}@1").Worked().Out.ShouldContain("12:00:00Z  testhost");
        CommandRun.Of("show", $"{file}@2").Worked().Out.ShouldContain("12:01:00Z");
        foreach (var last in (string[])["", "@3", "@-1", "@last"])
            CommandRun.Of("show", file + last).Worked().Out.ShouldContain("12:02:00Z");
        CommandRun.Of("show", $"{file}@-3").Worked().Out.ShouldContain("12:00:00Z  testhost");
        var beyond = CommandRun.Of("show", $"{file}@4");
        beyond.ExitCode.ShouldBe(3);
        beyond.Error.ShouldContain("has 3 snapshots: there is no @4");
    }

    [Fact]
    public void The_switches_of_VMMap_work()
    {
        var sample = _files.Sample();
        var shown = CommandRun.Of("show", sample).Worked().Out;
        CommandRun.Of("-o", sample).Worked().Out.ShouldBe(shown);
        CommandRun.Of("-accepteula", "-O", sample).Worked().Out.ShouldBe(shown);
        CommandRun.Of("-64", "-p", sample).Worked().Out.ShouldBe(shown);
        CommandRun.Of("-p", sample, _files.Path("out.csv")).Worked();
        File.ReadAllText(_files.Path("out.csv")).ShouldBe(CommandRun.Of("export", sample, "-f", "csv", "-o", "-").Worked().Out);
        CommandRun.Of("-p", sample, _files.Path("plain")).Worked();
        CommandRun.Of("-o", _files.Path("plain.vmatlas")).Worked().Out.ShouldBe(shown);
        CommandRun.Of("-p", sample, _files.Path("out.mmp")).Error.ShouldContain(".mmp can be read but not written");
    }

    [Fact]
    public void Exported_csv_comes_back_with_the_same_totals()
    {
        var sample = _files.Sample();
        CommandRun.Of("export", sample, "-o", _files.Path("x.csv")).Worked();
        CommandRun.Of("import", _files.Path("x.csv"), "-o", _files.Path("y.vmatlas")).Worked();
        var (before, after) = (CommandRun.Of("show", sample, "--json").Json(), CommandRun.Of("show", _files.Path("y.vmatlas"), "--json").Json());
        foreach (var field in (string[])["size", "committed", "private", "totalWs", "privateWs", "shareableWs", "sharedWs", "lockedWs"])
            after.GetProperty("summary")[0].GetProperty(field).GetUInt64().ShouldBe(before.GetProperty("summary")[0].GetProperty(field).GetUInt64(), field);
    }
}
