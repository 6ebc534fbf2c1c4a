using System.Net;
using System.Text.Json;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Testing;

namespace VmAtlas.Web.Tests;

/// <summary>Traces by the page's calls, against a program whose memory has plain owners.</summary>
public sealed class TraceTests : IAsyncLifetime
{
    const int Small = 1000 * 64, Large = 10 * 100_000;

    static readonly string s_ledger = Path.Combine(Repository.Targets, "trace_ledger");

    readonly RunningServer _running = new();
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-test-");

    public ValueTask InitializeAsync() => _running.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await _running.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_launched_program_is_traced_from_its_first_block()
    {
        var (said, folder) = (Path.Combine(_folder.FullName, "said"), Path.Combine(_folder.FullName, "folder"));
        Directory.CreateDirectory(folder);
        var session = await Post("/api/launch", new
        {
            program = s_ledger,
            arguments = new[] { "60000", said },
            folder,
            environment = new Dictionary<string, string> { ["LEDGER"] = "two words" },
            trace = new { sampleInterval = 0, children = false },
        });
        session.GetProperty("tracing").GetBoolean().ShouldBeTrue();
        await Until(() => File.Exists(said) && File.ReadAllLines(said).Length == 3);
        File.ReadAllLines(said).ShouldBe([folder, "two words", "0"], "its folder, its variable, and an input that is at its end");

        await Until(async () => (await Trace()).GetProperty("liveBytes").GetInt64() > Small + Large + 4096 * 5);
        var tree = await Frame("/api/sessions/1/traces/0/calltree");
        Figure(tree, "keep_small", "liveBytes").ShouldBe(Small);
        Figure(tree, "keep_large", "totalBytes").ShouldBe(Large);
        Figure(tree, "leak_one", "liveBytes").ShouldBeGreaterThanOrEqualTo(4096 * 5);
        Figure(tree, "main", "liveCount").ShouldBeGreaterThan(1010);
        tree.Text("label", 0).ShouldBe("all");

        var end = await Post("/api/sessions/1/trace/stop", new { });
        end.GetProperty("tracing").GetBoolean().ShouldBeFalse();
        (await Trace()).GetProperty("ending").GetString().ShouldBe("detached");
        (await Post("/api/sessions/1/refresh", new { })).TryGetProperty("ended", out _).ShouldBeFalse("the program goes on");
        Signals.Send(session.GetProperty("process").GetProperty("pid").GetInt32(), Signals.Kill);
    }

    [Fact]
    public async Task A_program_that_ends_at_once_leaves_its_trace()
    {
        var session = await Post("/api/launch", new { program = Path.Combine(Repository.Targets, "trace_sampler"), arguments = new[] { "10" }, trace = new { } });
        session.GetProperty("traces").GetInt32().ShouldBe(1);
        await Until(async () => (await Trace()).TryGetProperty("ending", out _));
        var trace = await Trace();
        trace.GetProperty("ending").GetString().ShouldBe("exited");
        trace.GetProperty("totalCount").GetDouble().ShouldBeGreaterThanOrEqualTo(10);
        trace.GetProperty("liveBytes").GetInt64().ShouldBeGreaterThanOrEqualTo(16 + 5000, "its first and its ninth block");
    }

    [Fact]
    public async Task A_program_that_the_page_launched_is_attached_to_later()
    {
        var session = await Post("/api/launch", new { program = s_ledger, arguments = new[] { "60000" } });
        var pid = session.GetProperty("process").GetProperty("pid").GetInt32();
        for (var i = 0; i < 5; i++)
        {
            await Post("/api/sessions/1/trace", new { });
            await Until(async () => await Count() > i && (await Json("/api/sessions/1/traces"))[i].GetProperty("liveCount").GetDouble() > 0);
            await Post("/api/sessions/1/trace/stop", new { });
        }
        Signals.Send(pid, Signals.Kill);
        await Until(() => !Directory.Exists($"/proc/{pid}")); // who has ended is asked for its end
    }

    [Fact]
    public async Task A_running_process_is_attached_to_and_let_go()
    {
        using var target = TestTarget.StartOrphan(s_ledger);
        await Post("/api/open", new { pid = target.Pid });
        (await Json("/api/sessions/1/traces")).GetArrayLength().ShouldBe(0);
        var session = await Post("/api/sessions/1/trace", new { });
        session.GetProperty("stopped").GetDouble().ShouldBeGreaterThan(0);
        session.GetProperty("interval").GetDouble().ShouldBe(1);
        (await _running.Send(HttpMethod.Post, "/api/sessions/1/trace", "{}")).StatusCode.ShouldBe(HttpStatusCode.BadRequest, "twice at once");

        await Until(async () => await Count() > 0 && (await Trace()).GetProperty("liveBytes").GetInt64() >= 4096 * 10);
        var growth = await Frame("/api/sessions/1/traces/0/growth");
        growth.Text("call", 0).ShouldStartWith("leak_one");
        // What the first look at the trace found already there has not grown since.
        await Until(async () => (await Frame("/api/sessions/1/traces/0/growth")).Number("grown", 0) >= 4096 * 10);
        await Post("/api/sessions/1/trace/stop", new { });
        var live = (await Trace()).GetProperty("liveBytes").GetInt64();
        await Task.Delay(100, TestContext.Current.CancellationToken);
        (await Trace()).GetProperty("liveBytes").GetInt64().ShouldBe(live, "nothing is recorded any more");

        await Post("/api/sessions/1/trace", new { sampleInterval = 4096 });
        await Until(async () => await Count() == 2);
        (await Json("/api/sessions/1/traces"))[1].GetProperty("sampleInterval").GetInt32().ShouldBe(4096);
    }

    [Fact]
    public async Task Blocks_stacks_sources_and_events_are_those_of_the_program()
    {
        using var target = TestTarget.StartOrphan(s_ledger);
        await Post("/api/open", new { pid = target.Pid });
        await Post("/api/sessions/1/trace", new { });
        await Until(async () => await Count() > 0 && (await Trace()).GetProperty("liveCount").GetDouble() >= 10);
        await Post("/api/sessions/1/refresh", new { });
        await Post("/api/sessions/1/trace/stop", new { });

        var blocks = await Frame("/api/sessions/1/traces/0/allocations");
        var (count, address) = ((int)(await Trace()).GetProperty("liveCount").GetDouble(), (ulong)blocks.Number("address", 0));
        blocks.Rows.ShouldBe(count);
        blocks.Number("size", 0).ShouldBe(4096);
        blocks.Text("function", 0).ShouldBe("malloc");
        blocks.Text("thread", 0).ShouldEndWith(" trace_ledger");
        (await Frame($"/api/sessions/1/traces/0/allocations?start={address:x}&end={address + 1:x}")).Rows.ShouldBe(1);
        (await Frame("/api/sessions/1/traces/0/allocations?start=1000&end=2000")).Rows.ShouldBe(0);

        var stack = await Json($"/api/sessions/1/traces/0/sites/{blocks.Number("site", 0)}/stack");
        var frame = stack.GetProperty("stack")[0];
        frame.GetProperty("function").GetString().ShouldBe("leak_one");
        var (file, line) = (frame.GetProperty("file").GetString()!, frame.GetProperty("line").GetInt32());
        var source = await Json($"/api/sessions/1/traces/0/source?file={Uri.EscapeDataString(file)}&line={line}");
        source.GetProperty("lines")[line - source.GetProperty("first").GetInt32()].GetString()!.ShouldContain("malloc(4096)");

        var events = await Events("/api/sessions/1/traces/0/events");
        events.Count.ShouldBe(count);
        events.ShouldBe([.. events.OrderBy(e => e.Time)]);
        events.ShouldAllBe(e => e.Operation == "allocate" && e.Size == 4096 && e.Call.StartsWith("leak_one", StringComparison.Ordinal));
        (await Events($"/api/sessions/1/traces/0/events?at={address + 8:x}")).ShouldHaveSingleItem();
        (await Events("/api/sessions/1/traces/0/events?operation=free,map")).ShouldBeEmpty();
        (await Events($"/api/sessions/1/traces/0/events?from={(events[4].Time - 1e-6):F9}")).Count.ShouldBe(count - 4);

        var series = await Frame("/api/sessions/1/series");
        double.IsNaN(series.Number("allocated", 0)).ShouldBeTrue("the first snapshot is older than the trace");
        series.Number("allocated", series.Rows - 1).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Mappings_are_traced_to_the_calls_that_made_them()
    {
        var saved = Path.Combine(_folder.FullName, "made.vmatlas");
        SavedTraces.WriteMapping(saved, 0x7f0000000000, 0x10000);
        await Post("/api/open", new { path = saved });
        var made = await Json("/api/sessions/1/traces/0/makers?start=7f0000004000&end=7f0000008000");
        var maker = made.EnumerateArray().ShouldHaveSingleItem();
        (maker.GetProperty("function").GetString(), maker.GetProperty("call").GetString()).ShouldBe(("mmap", "make_room"));
        maker.GetProperty("start").GetString().ShouldEndWith("7f0000004000");
        (await Json("/api/sessions/1/traces/0/makers?start=10000&end=20000")).GetArrayLength().ShouldBe(0);
        Figure(await Frame("/api/sessions/1/traces/0/calltree?of=mappings"), "make_room", "liveBytes").ShouldBe(0x10000);
        (await Frame("/api/sessions/1/traces/0/calltree")).Rows.ShouldBe(1, "mappings are no blocks");
    }

    [Fact]
    public async Task A_trace_without_a_map_is_shown_and_says_so()
    {
        var saved = Path.Combine(_folder.FullName, "only.vmatlas");
        SavedTraces.WriteOnly(saved);
        var session = await Post("/api/open", new { path = saved });
        session.GetProperty("process").GetProperty("name").GetString().ShouldBe("sample");
        (await Trace()).GetProperty("liveBytes").GetInt64().ShouldBe(64);
        (await Frame("/api/sessions/1/snapshots/0/frame")).Rows.ShouldBe(0);
        var summary = await Json("/api/sessions/1/snapshots/0/summary");
        summary.GetProperty("system").GetProperty("problems")[0].GetProperty("id").GetString().ShouldBe("no-map");
        summary.GetProperty("summary")[0].TryGetProperty("totalWs", out _).ShouldBeFalse("what nobody read is not zero");
        (await Frame("/api/sessions/1/series")).Rows.ShouldBe(1);
    }

    [Fact]
    public async Task A_trace_is_saved_with_its_names_and_opened_again()
    {
        using var target = TestTarget.StartOrphan(s_ledger);
        var saved = Path.Combine(_folder.FullName, "saved.vmatlas");
        await Post("/api/open", new { pid = target.Pid });
        await Post("/api/sessions/1/trace", new { });
        await Until(async () => await Count() > 0 && (await Trace()).GetProperty("liveBytes").GetInt64() >= 4096 * 3);
        await Post("/api/sessions/1/save", new { path = saved });
        var reader = LoadedTrace.ReadAll(saved);
        reader.Traces.ShouldHaveSingleItem().Store.LiveCount.ShouldBeGreaterThanOrEqualTo(3);
        await Post("/api/sessions/1/trace/stop", new { });
        await Post("/api/sessions/1/save", new { path = saved });
        var live = (await Trace()).GetProperty("liveBytes").GetInt64();

        var session = await Post("/api/open", new { path = saved });
        (session.GetProperty("traces").GetInt32(), session.GetProperty("tracing").GetBoolean()).ShouldBe((1, false));
        (await Json("/api/sessions/2/traces"))[0].GetProperty("liveBytes").GetInt64().ShouldBe(live);
        Figure(await Frame("/api/sessions/2/traces/0/calltree?shape=bottom-up"), "leak_one", "liveBytes").ShouldBe(live);
        (await Events("/api/sessions/2/traces/0/events")).Count.ShouldBe((int)(live / 4096));
        (await _running.Send(HttpMethod.Post, "/api/sessions/2/trace", "{}")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("/api/sessions/1/traces/0/source?file=/etc/passwd&line=1")]
    [InlineData("/api/sessions/1/traces/0/source?file=../../etc/passwd&line=1")]
    [InlineData("/api/sessions/1/traces/0/source?file=&line=1")]
    [InlineData("/api/sessions/1/traces/7/calltree")]
    [InlineData("/api/sessions/1/traces/0/sites/999999/stack")]
    public async Task What_the_trace_does_not_have_is_not_found(string path)
    {
        await OpenSaved("/src/program.c");
        (await _running.Send(HttpMethod.Get, path)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("/proc/self/environ")]
    [InlineData("/dev/zero")]
    [InlineData("/etc/../proc/self/maps")]
    [InlineData("relative.c")]
    [InlineData("/no/such/file.c")]
    [InlineData("/bin")]
    public async Task A_hostile_trace_opens_no_file_that_is_no_source(string named)
    {
        await OpenSaved(named);
        var answer = await _running.Send(HttpMethod.Get, $"/api/sessions/1/traces/0/source?file={Uri.EscapeDataString(named)}&line=1");
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Neither_a_pipe_nor_a_link_nor_a_large_file_is_a_source()
    {
        var (link, pipe, large, binary) = (In("link.c"), In("pipe.c"), In("large.c"), In("binary.c"));
        File.CreateSymbolicLink(link, "/etc/passwd");
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", pipe))
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        using (var stream = File.Create(large))
            stream.SetLength(9 << 20);
        await File.WriteAllBytesAsync(binary, [65, 0, 66], TestContext.Current.CancellationToken);
        await OpenSaved(link, pipe, large, binary);
        foreach (var file in (string[])[link, pipe, large, binary])
            (await _running.Send(HttpMethod.Get, $"/api/sessions/1/traces/0/source?file={Uri.EscapeDataString(file)}&line=1")).StatusCode.ShouldBe(HttpStatusCode.NotFound, file);

        string In(string name) => Path.Combine(_folder.FullName, name);
    }

    [Theory]
    [InlineData("/api/sessions/1/traces/0/calltree?shape=square")]
    [InlineData("/api/sessions/1/traces/0/events?operation=steal")]
    [InlineData("/api/sessions/1/traces/0/events?from=NaN")]
    [InlineData("/api/sessions/1/traces/0/events?tid=-1")]
    [InlineData("/api/sessions/1/traces/0/growth?to=1e300")]
    [InlineData("/api/sessions/1/traces/0/allocations?start=20&end=10")]
    public async Task What_makes_no_sense_is_refused(string path)
    {
        await OpenSaved("/src/program.c");
        (await _running.Send(HttpMethod.Get, path)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("""{"program": "/no/such/program", "trace": {}}""", HttpStatusCode.NotFound)]
    [InlineData("""{"program": "true", "folder": "/no/such/folder", "trace": {}}""", HttpStatusCode.NotFound)]
    [InlineData("""{"program": "true", "trace": {"sampleInterval": 3}}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"program": "true", "trace": {"agent": "/tmp/evil.so"}}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"program": "true", "trace": 1}""", HttpStatusCode.BadRequest)]
    public async Task What_can_not_be_launched_is_said(string request, HttpStatusCode status) =>
        (await _running.Send(HttpMethod.Post, "/api/launch", request)).StatusCode.ShouldBe(status);

    [Theory]
    [InlineData("/api/launch", """{"program": "touch", "arguments": ["FILE"], "trace": {}}""")]
    [InlineData("/api/sessions/1/trace", "{}")]
    [InlineData("/api/sessions/1/trace/stop", "{}")]
    public async Task Another_site_starts_and_traces_nothing(string path, string body)
    {
        using var target = TestTarget.StartOrphan(s_ledger);
        await Post("/api/open", new { pid = target.Pid });
        var made = Path.Combine(_folder.FullName, "made");
        foreach (var (header, value) in (IEnumerable<(string, string)>)[("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site")])
        {
            using var request = _running.Authorised(HttpMethod.Post, path, body.Replace("FILE", made, StringComparison.Ordinal));
            request.Headers.Add(header, value);
            (await _running.Client.SendAsync(request, TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        }
        using var form = _running.Authorised(HttpMethod.Post, path);
        form.Content = new StringContent(body.Replace("FILE", made, StringComparison.Ordinal), new System.Net.Http.Headers.MediaTypeHeaderValue("text/plain"));
        (await _running.Client.SendAsync(form, TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        var noToken = await _running.Client.PostAsync(path, new StringContent(body, System.Text.Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
        noToken.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await _running.Send(HttpMethod.Get, path)).StatusCode.ShouldBeOneOf(HttpStatusCode.MethodNotAllowed, HttpStatusCode.NotFound);
        File.Exists(made).ShouldBeFalse();
        (await Json("/api/sessions/1")).GetProperty("tracing").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task A_free_has_no_size()
    {
        var saved = Path.Combine(_folder.FullName, "freed.vmatlas");
        SavedTraces.WriteFreed(saved);
        await Post("/api/open", new { path = saved });
        (await Events("/api/sessions/1/traces/0/events")).Select(e => (e.Operation, e.Size)).ShouldBe([("allocate", 0), ("free", -1)], "nothing was asked for once, and is not known the other time");
    }

    /// <summary>A file with a trace of one call, whose debug information names these files.</summary>
    async Task OpenSaved(params string[] sources)
    {
        var path = Path.Combine(_folder.FullName, "hostile.vmatlas");
        SavedTraces.Write(path, sources);
        await Post("/api/open", new { path });
    }

    async Task<JsonElement> Trace() => (await Json("/api/sessions/1/traces"))[0];

    async Task<int> Count() => (await Json("/api/sessions/1/traces")).GetArrayLength();

    static double Figure(FrameReader tree, string function, string figure)
    {
        for (var row = 0; row < tree.Rows; row++)
        {
            if (tree.Text("label", row) == function)
                return tree.Number(figure, row);
        }
        throw new InvalidOperationException($"the tree has no {function}");
    }

    async Task<List<(double Time, string Operation, double Size, string Call)>> Events(string path)
    {
        var (bytes, all, at) = (await Bytes(path), new List<(double, string, double, string)>(), 0);
        for (; at < bytes.Length;)
        {
            var length = (int)BitConverter.ToInt64(bytes, at);
            var frame = new FrameReader(bytes[(at + 8)..(at + 8 + length)]);
            for (var row = 0; row < frame.Rows; row++)
                all.Add((frame.Number("time", row), frame.Text("operation", row), frame.Number("size", row), frame.Text("call", row)));
            at += 8 + length;
            if (frame.Rows == 0)
                at.ShouldBe(bytes.Length, "an empty frame is the last");
        }
        return all;
    }

    async Task<FrameReader> Frame(string path) => new(await Bytes(path));

    async Task<byte[]> Bytes(string path)
    {
        var answer = await _running.Send(HttpMethod.Get, path);
        var bytes = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, System.Text.Encoding.UTF8.GetString(bytes));
        return bytes;
    }

    async Task<JsonElement> Json(string path) => JsonDocument.Parse(await Bytes(path)).RootElement;

    async Task<JsonElement> Post(string path, object body)
    {
        var answer = await _running.Send(HttpMethod.Post, path, JsonSerializer.Serialize(body));
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonDocument.Parse(text).RootElement;
    }

    static Task Until(Func<bool> holds) => Until(() => Task.FromResult(holds()));

    static async Task Until(Func<Task<bool>> holds)
    {
        var end = DateTime.UtcNow.AddSeconds(20);
        while (!await holds())
        {
            DateTime.UtcNow.ShouldBeLessThan(end, "what was waited for did not come");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
