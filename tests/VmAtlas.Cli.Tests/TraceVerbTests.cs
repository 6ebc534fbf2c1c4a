using System.Diagnostics;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary>The verbs of traces: on a made-up trace kept as golden files, and on commands that are really run.</summary>
public sealed class TraceVerbTests : IDisposable
{
    readonly SampleFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("sites.txt", "sites", "--top", "5", "--width", "120")]
    [InlineData("sites.json", "sites", "--json", "--top", "2")]
    [InlineData("sites-mappings.txt", "sites", "--mappings", "--top", "3", "--width", "100")]
    [InlineData("calltree.txt", "calltree", "--width", "120", "--least", "5")]
    [InlineData("calltree-bottom-up.txt", "calltree", "--bottom-up", "--sort", "total", "--least", "8", "--depth", "2")]
    [InlineData("calltree-module.txt", "calltree", "--by", "module")]
    [InlineData("calltree-thread.json", "calltree", "--by", "thread", "--json", "--least", "15")]
    [InlineData("leaks.txt", "leaks", "--from", "500ms", "--top", "5", "--width", "120")]
    [InlineData("leaks.json", "leaks", "--json", "--top", "2")]
    [InlineData("allocations.txt", "allocations", "--sort", "size", "--top", "5", "--width", "120")]
    [InlineData("allocations.json", "allocations", "--json", "--top", "2")]
    [InlineData("events.txt", "events", "--top", "12")]
    [InlineData("events-mappings.json", "events", "--operation", "map,unmap,remap", "--top", "4", "--json")]
    [InlineData("flamegraph.svg", "flamegraph", "-o", "-")]
    public void A_saved_trace_gives_the_golden_output(string golden, string verb, params string[] rest) =>
        Golden.Check(golden, CommandRun.Of([verb, Sample(), .. rest]).Worked().Out);

    /// <summary>Of more events than a pipe holds: who reads them closes it while they are read from the file.</summary>
    [Fact]
    public void Whoever_has_seen_enough_of_the_events_ends_it_quietly()
    {
        var file = _files.Path("long.vmatlas");
        using (var recording = TimelineFile.Create(file))
            new RandomTrace(1, 20_000).Play(new TraceWriter(recording));
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "\"$1\" events \"$2\" | head -1", "sh", Path.Combine(AppContext.BaseDirectory, "vmatlas"), file])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var error = shell.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        shell.StandardOutput.ReadToEnd().Count(c => c == '\n').ShouldBe(1);
        shell.WaitForExit();
        error.Result.ShouldBe("");
    }

    [Fact]
    public void Json_of_sites_has_the_promised_fields_and_the_stores_figures()
    {
        var trace = new RandomTrace(1, 3000);
        var store = new TraceStore(trace.Process);
        trace.Play(new Once(store));
        var sites = CommandRun.Of("sites", Sample(), "--json").Json();
        sites.GetArrayLength().ShouldBe(store.Sites.Count);
        sites.EnumerateArray().Sum(s => s.GetProperty("liveBytes").GetInt64()).ShouldBe(store.Sites.LiveBytes);
        foreach (var site in sites.EnumerateArray())
        {
            site.EnumerateObject().Select(p => p.Name).ShouldBe(["site", "liveBytes", "liveCount", "totalBytes", "totalCount", "peakBytes", "stack"]);
            foreach (var frame in site.GetProperty("stack").EnumerateArray())
                frame.EnumerateObject().Select(p => p.Name).ShouldBe(["function", "module", "file", "line", "inlined"]);
        }
    }

    [Fact]
    public void A_block_is_found_by_an_address_inside_it_with_its_whole_stack()
    {
        var all = CommandRun.Of("allocations", Sample(), "--sort", "size", "--json", "--top", "1").Json()[0];
        var inside = $"0x{Convert.ToUInt64(all.GetProperty("address").GetString()![2..], 16) + 5:x}";
        var found = CommandRun.Of("allocations", Sample(), "--at", inside, "--json").Json();
        found.EnumerateArray().Select(b => b.GetProperty("address").GetString()).ShouldContain(all.GetProperty("address").GetString());
        found[0].TryGetProperty("stack", out _).ShouldBeTrue();
    }

    [Theory]
    [InlineData(2, "either a command is traced", "trace")]
    [InlineData(2, "either a command is traced", "trace", "--attach", "1", "--", "true")]
    [InlineData(2, "--sample takes a size", "trace", "--sample", "much", "--", "true")]
    [InlineData(3, "there is no program no-such-command", "trace", "--", "no-such-command")]
    [InlineData(3, "/no/such/file.vmatlas", "sites", "/no/such/file.vmatlas")]
    public void Failures_are_one_sentence_with_their_exit_code(int code, string sentence, params string[] arguments)
    {
        var run = CommandRun.Of(arguments);
        run.ExitCode.ShouldBe(code, run.Error);
        run.Error.ShouldContain(sentence);
        run.Error.Count(c => c == '\n').ShouldBe(1);
    }

    [Fact]
    public void A_file_without_a_trace_says_how_to_make_one()
    {
        var run = CommandRun.Of("sites", _files.Sample());
        run.ExitCode.ShouldBe(3);
        run.Error.ShouldContain("has no trace in it");
    }

    [Theory]
    [InlineData(7, "exit 7")]
    [InlineData(137, "kill -9 $$")]
    [InlineData(0, "cat; echo to-stderr >&2")]
    public void A_traced_commands_input_output_and_exit_code_are_its_own(int code, string script)
    {
        var file = _files.Path("run.vmatlas");
        var traced = RunVmatlas("trace", "-o", file, "--", "/bin/sh", "-c", script);
        traced.Code.ShouldBe(code, traced.Error);
        traced.Out.ShouldBe(code == 0 ? "a line\nand ü\n" : "");
        if (code == 0)
            traced.Error.ShouldStartWith("to-stderr\n");
        CommandRun.Of("sites", file, "--json").Json().GetArrayLength().ShouldBeGreaterThan(0);
        CommandRun.Of("events", file, "--json").Json().GetArrayLength().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_sampled_trace_is_not_written_for_heaptrack_whose_counts_would_be_wrong()
    {
        var file = _files.Path("sampled.vmatlas");
        RunVmatlas("trace", "--sample", "4K", "-o", file, "--", "/bin/ls", "/").Code.ShouldBe(0);
        var run = CommandRun.Of("export", file, "-f", "heaptrack", "-o", "-");
        (run.ExitCode, run.Out).ShouldBe((2, ""));
        run.Error.ShouldContain("can not say how many blocks one stands for");
        CommandRun.Of("export", file, "-f", "pprof", "-o", _files.Path("sampled.pb.gz")).Worked();
    }

    [Fact]
    public void A_command_that_calls_exec_is_what_it_became()
    {
        var file = _files.Path("exec.vmatlas");
        RunVmatlas("trace", "-o", file, "--", "/bin/sh", "-c", "exec /bin/ls /").Code.ShouldBe(0);
        LoadedTrace.ReadAll(file).Traces.Count.ShouldBe(2);
        CommandRun.Of("sites", file, "--json").Worked().Out.ShouldContain("bin/ls\"");
        CommandRun.Of("export", file, "-f", "heaptrack", "-o", "-").Worked().Out.ShouldMatch(@"s [0-9a-f]+ (/usr)?/bin/ls\n");
    }

    [Fact]
    public void A_running_process_is_traced_and_let_go()
    {
        using var target = Process.Start("/bin/sleep", "60");
        try
        {
            var file = _files.Path("attached.vmatlas");
            var run = RunVmatlas("trace", "--attach", $"{target.Id}", "--for", "500ms", "-o", file);
            run.Code.ShouldBe(0, run.Error);
            target.HasExited.ShouldBeFalse();
            LoadedTrace.ReadAll(file).Traces.Single().Store.Process.Attached.ShouldBeTrue();
        }
        finally
        {
            target.Kill();
            target.WaitForExit();
        }
    }

    [Fact]
    public void At_names_the_allocation_of_an_address_and_who_asked_for_it()
    {
        using var target = TestTarget.Start("trace_steady", "2");
        var file = _files.Path("at.vmatlas");
        RunVmatlas("trace", "--attach", $"{target.Pid}", "--for", "1500ms", "-o", file).Code.ShouldBe(0);
        var block = CommandRun.Of("allocations", file, "--sort", "size", "--top", "1", "--json").Json()[0];
        var inside = $"0x{Convert.ToUInt64(block.GetProperty("address").GetString()![2..], 16) + 3:x}";
        var found = CommandRun.Of("at", file, inside, "--json").Json().GetProperty("allocation");
        found.GetProperty("address").GetString().ShouldBe(block.GetProperty("address").GetString());
        found.GetProperty("size").GetUInt64().ShouldBe(block.GetProperty("size").GetUInt64());
        found.GetProperty("stack").EnumerateArray().Select(f => f.GetProperty("function").GetString()).ShouldContain("allocate");
        CommandRun.Of("at", file, inside).Worked().Out.ShouldContain("Asked for by");
    }

    /// <summary>What was whole is in the file, the program goes on as if nobody had traced it, and can be traced again.</summary>
    [Fact]
    public void What_a_forked_child_gives_back_of_its_parents_is_no_mystery()
    {
        var file = _files.Path("forked.vmatlas");
        var run = VmatlasProcess.Run("", "trace", "--children", "-o", file, "--", "/bin/bash", "-c", "x=$(seq 1 1000); (unset x; y=$(echo a; echo b); exit 3); true");
        run.Code.ShouldBe(0, run.Error);
        run.Error.ShouldContain("that its parent had asked for before it forked");
        run.Error.ShouldNotContain("nobody saw being handed out");
    }

    [Theory]
    [InlineData("--for is for --attach", "--for", "3s", "--", "true")]
    [InlineData("--perf-map is for a command", "--perf-map", "--attach", "1")]
    [InlineData("exclude each other", "--managed", "--native", "--", "true")]
    [InlineData("--sample is for native traces", "--managed", "--sample", "1M", "--", "true")]
    [InlineData("--last-map is for", "--last-map", "--", "true")]
    [InlineData("there is no option --bogus", "--bogus", "--", "true")]
    public void Options_that_would_have_no_effect_are_refused(string because, params string[] arguments)
    {
        var run = CommandRun.Of(["trace", .. arguments]);
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain(because);
    }

    [Fact]
    public void A_tracer_that_is_killed_harms_neither_its_file_nor_the_program()
    {
        using var target = TestTarget.Start("trace_steady", "3");
        var file = _files.Path("killed.vmatlas");
        using (var tracer = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "vmatlas"), ["trace", "--attach", $"{target.Pid}", "-o", file])
        {
            RedirectStandardError = true, RedirectStandardOutput = true,
        })!)
        {
            for (var waited = 0; !File.Exists(file) || new FileInfo(file).Length < 1 << 20; waited++)
            {
                waited.ShouldBeLessThan(600, "the file must grow");
                Thread.Sleep(50);
            }
            tracer.Kill();
            tracer.WaitForExit();
        }
        var (traces, _) = LoadedTrace.ReadAll(file);
        traces.Single().Store.Totals.Operations.ShouldBeGreaterThan(10_000);
        traces.Single().Store.Ending.ShouldBe(TraceEnding.Gone);
        Thread.Sleep(2500); // the rings fill, the threads wait two seconds for a reader, and then go on without
        var again = _files.Path("again.vmatlas");
        var run = RunVmatlas("trace", "--attach", $"{target.Pid}", "--for", "300ms", "-o", again);
        run.Code.ShouldBe(0, run.Error);
        LoadedTrace.ReadAll(again).Traces.Single().Store.Totals.Operations.ShouldBeGreaterThan(1000);
        target.Input.Close();
        var said = target.Output.ReadToEnd();
        said.ShouldContain("faults 0\n");
        said.ShouldContain("interrupted 0\n");
    }

    string Sample()
    {
        var path = _files.Path("trace.vmatlas");
        var trace = new RandomTrace(1, 3000);
        var store = new TraceStore(trace.Process);
        trace.Play(new Once(store));
        var frames = new NodeFrames(store.CallNodes, store.Modules);
        FrameResolution.ResolveAll(frames, store.CallNodes, store.Modules, new MadeUpSymbols());
        using var file = TimelineFile.Create(path);
        var recording = new TraceWriter(file).Begin(trace.Process);
        trace.Play(new Once(recording));
        recording.Symbols(frames, store.CallNodes);
        return path;
    }

    static (int Code, string Out, string Error) RunVmatlas(params string[] arguments) => VmatlasProcess.Run("a line\nand ü\n", arguments);
}
