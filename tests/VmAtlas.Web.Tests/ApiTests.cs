using System.Net;
using System.Text;
using System.Text.Json;
using VmAtlas.Formats.Frame;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Web.Tests;

/// <summary>The calls against saved files and against a running process.</summary>
public sealed class ApiTests : IAsyncLifetime
{
    readonly RunningServer _running = new();
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-test-");

    public ValueTask InitializeAsync() => _running.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await _running.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_saved_file_is_opened_and_told_as_it_was_saved()
    {
        var snapshot = Snapshots.Sample().Make();
        var session = await OpenFile(snapshot);
        session.GetProperty("live").GetBoolean().ShouldBeFalse();
        session.GetProperty("process").GetProperty("name").GetString().ShouldBe("sample");
        var summary = await Json($"/api/sessions/1/snapshots/0/summary");
        summary.GetProperty("summary")[0].GetProperty("committed").GetUInt64().ShouldBe(snapshot.Summary.Total.Measures[Measure.Committed]);
        var frame = await Bytes("/api/sessions/1/snapshots/0/frame");
        frame.AsSpan(0, 4).SequenceEqual(ColumnFrame.Magic).ShouldBeTrue();
        frame.LongLength.ShouldBe(ColumnFrame.Of(snapshot, gaps: true).Length);
    }

    [Fact]
    public async Task What_the_window_begins_with_is_one_answer()
    {
        var empty = await Bytes("/api/start");
        Head(empty).GetProperty("sessions").GetArrayLength().ShouldBe(0);
        empty.Length.ShouldBe(8 + BitConverter.ToInt32(empty));

        var snapshot = Snapshots.Sample().Make();
        await OpenFile(snapshot);
        var start = await Bytes("/api/start");
        var (head, end) = (Head(start), 8 + BitConverter.ToInt32(start));
        head.GetProperty("sessions")[0].GetProperty("title").GetString().ShouldEndWith(".vmatlas");
        head.GetProperty("index").GetInt32().ShouldBe(0);
        head.GetProperty("summary").GetRawText().ShouldBe((await Json("/api/sessions/1/snapshots/0/summary")).GetRawText());
        (end % 8).ShouldBe(0, "the columns behind it are used where they lie");
        start[end..].ShouldBe(await Bytes("/api/sessions/1/snapshots/0/frame"));

        static JsonElement Head(byte[] answer) => JsonDocument.Parse(answer.AsMemory(8, BitConverter.ToInt32(answer))).RootElement;
    }

    [Theory]
    [InlineData("type = heap and private > 1M")]
    [InlineData("details ~ libc or size < 8K")]
    [InlineData("at 7ffff7c28000")]
    public async Task A_filter_matches_what_the_command_line_would_match(string filter)
    {
        var snapshot = Snapshots.Sample().Make();
        await OpenFile(snapshot);
        var bits = await Bytes($"/api/sessions/1/snapshots/0/matches?filter={Uri.EscapeDataString(filter)}");
        var expression = FilterExpression.Parse(filter);
        var regions = expression.Evaluate(new SnapshotRows(snapshot, RowLevel.Region));
        var blocks = expression.Evaluate(new SnapshotRows(snapshot, RowLevel.Block));
        BitConverter.ToInt32(bits).ShouldBe(regions.Length);
        Unpack(bits.AsSpan(4), regions.Length).ShouldBe(regions);
        Unpack(bits.AsSpan(4 + (regions.Length + 7) / 8), blocks.Length).ShouldBe(blocks);
    }

    [Fact]
    public async Task A_wrong_filter_says_where_it_is_wrong()
    {
        await OpenFile(Snapshots.Sample().Make());
        var answer = await _running.Send(HttpMethod.Get, "/api/sessions/1/snapshots/0/matches?filter=private%20%3E");
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldContain("the filter is wrong at its end");
    }

    [Fact]
    public async Task Changes_have_the_sums_of_the_difference()
    {
        var (before, after) = (Snapshots.Sample().Make(), Snapshots.Sample().Add(MemoryType.PrivateData, "new", new BlockSpec(0x600000000000, 1 << 20) { Resident = 4096 }).Make());
        await OpenFile(before, after);
        var changes = await Json("/api/sessions/1/snapshots/1/changes/0/summary");
        changes.GetProperty("summary")[0].GetProperty("size").GetInt64().ShouldBe(1 << 20);
        var frame = await Bytes("/api/sessions/1/snapshots/1/changes/0/frame");
        Encoding.UTF8.GetString(frame).ShouldContain("\"change\"");
        var matches = await Bytes("/api/sessions/1/snapshots/1/changes/0/matches?filter=details%20%3D%20new");
        Unpack(matches.AsSpan(4), BitConverter.ToInt32(matches)).Count(b => b).ShouldBe(1);
    }

    [Fact]
    public async Task The_series_has_a_point_a_snapshot()
    {
        await OpenFile(Snapshots.Sample().Make(), Snapshots.Sample().Make(), Snapshots.Sample().Make());
        var text = Encoding.UTF8.GetString(await Bytes("/api/sessions/1/series"));
        text.ShouldContain("\"rows\":3");
        text.ShouldContain("\"private.3\"");
    }

    [Theory]
    [InlineData("/no/such/file.vmatlas", HttpStatusCode.NotFound, "NotFound")]
    [InlineData("garbage", HttpStatusCode.UnprocessableEntity, "BadFile")]
    public async Task A_file_that_can_not_be_read_is_said(string path, HttpStatusCode status, string failure)
    {
        if (path == "garbage")
            File.WriteAllText(path = Path.Combine(_folder.FullName, "x.vmatlas"), "this is no timeline");
        var answer = await Post("/api/open", $$"""{"path":"{{path}}"}""");
        answer.StatusCode.ShouldBe(status);
        (await Body(answer)).GetProperty("failure").GetString().ShouldBe(failure);
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        await OpenFile(Snapshots.Sample().Make());
        (await Post("/api/open", """{"pid":2147483647}""")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await _running.Send(HttpMethod.Get, "/api/sessions/99")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await _running.Send(HttpMethod.Get, "/api/sessions/1/snapshots/7/frame")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await Post("/api/sessions/1/close", "{}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await _running.Send(HttpMethod.Get, "/api/sessions/1")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("refresh", "{}")]
    [InlineData("trim", "{}")]
    [InlineData("mark", "{}")]
    [InlineData("interval", """{"seconds":1}""")]
    public async Task A_saved_file_can_not_be_asked_what_only_a_process_can_do(string act, string body)
    {
        await OpenFile(Snapshots.Sample().Make());
        (await Post($"/api/sessions/1/{act}", body)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_running_process_is_read_again_told_of_and_its_end_is_said()
    {
        using var target = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("cat") { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        (await Post("/api/open", $$"""{"pid":{{target.Id}}}""")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var events = new StreamReader(await (await _running.Client.SendAsync(
            _running.Authorised(HttpMethod.Get, "/api/events"), HttpCompletionOption.ResponseHeadersRead, Cancellation)).Content.ReadAsStreamAsync(Cancellation));
        var refreshed = await Body(await Post("/api/sessions/1/refresh", "{}"));
        refreshed.GetProperty("snapshots").GetArrayLength().ShouldBe(2);
        (await events.ReadLineAsync(Cancellation))!.ShouldContain("\"kind\":\"snapshot\"");
        target.StandardInput.Close();
        await target.WaitForExitAsync(Cancellation);
        (await Post("/api/sessions/1/refresh", "{}")).StatusCode.ShouldBe(HttpStatusCode.Gone);
        (await Json("/api/sessions/1")).GetProperty("ended").GetString().ShouldNotBeNullOrEmpty();
        (await Bytes("/api/sessions/1/snapshots/0/frame")).Length.ShouldBeGreaterThan(100);
    }

    [Theory]
    [InlineData("vmatlas")]
    [InlineData("html")]
    [InlineData("csv")]
    [InlineData("txt")]
    [InlineData("json")]
    public async Task It_saves_in_every_format(string ending)
    {
        await OpenFile(Snapshots.Sample().Make(), Snapshots.Sample().Make());
        var path = Path.Combine(_folder.FullName, "saved." + ending);
        var saved = await Body(await Post("/api/sessions/1/save", $$"""{"path":"{{path}}"}"""));
        saved.GetProperty("bytes").GetInt64().ShouldBe(new FileInfo(path).Length);
        (await Bytes($"/api/sessions/1/export?kind={ending}")).LongLength.ShouldBe(new FileInfo(path).Length);
        if (ending == "vmatlas")
        {
            using var timeline = TimelineFile.Open(path);
            timeline.Count.ShouldBe(2);
        }
    }

    [Theory]
    [InlineData("exe")]
    [InlineData("")]
    [InlineData("../../../etc/passwd")]
    public async Task Other_endings_are_refused(string kind)
    {
        await OpenFile(Snapshots.Sample().Make());
        (await _running.Send(HttpMethod.Get, $"/api/sessions/1/export?kind={kind}")).StatusCode.ShouldBeOneOf(HttpStatusCode.BadRequest, HttpStatusCode.InternalServerError);
    }

    [Fact]
    public async Task A_report_carries_hostile_names_only_packed()
    {
        const string Name = "</script><script>alert(1)</script>";
        var snapshot = Snapshots.Sample().Add(MemoryType.PrivateData, Name, new BlockSpec(0x600000000000, 4096)).Make();
        await OpenFile(snapshot);
        var html = Encoding.UTF8.GetString(await Bytes("/api/sessions/1/export?kind=html"));
        html.ShouldNotContain("alert(1)");
        html.ShouldContain("default-src 'none'");
        html.Split("</script>").Length.ShouldBe(3); // the data and the page, each closed once
    }

    [Fact]
    public async Task A_dropped_file_may_be_larger_than_other_bodies_and_is_gone_when_closed()
    {
        var (path, random) = (Path.Combine(_folder.FullName, "large.vmatlas"), new Random(7));
        TimelineFile.Save(path, Enumerable.Range(0, 200).Select(_ => Snapshots.Sample().Add(MemoryType.PrivateData, RandomText(random), new BlockSpec(0x600000000000, 4096)).Make()));
        var bytes = await File.ReadAllBytesAsync(path, Cancellation);
        bytes.Length.ShouldBeGreaterThan(70_000);
        using var request = _running.Authorised(HttpMethod.Post, "/api/upload?name=large.vmatlas");
        request.Content = new ByteArrayContent(bytes) { Headers = { ContentType = new("application/octet-stream") } };
        var answer = await _running.Client.SendAsync(request, Cancellation);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Body(answer)).GetProperty("title").GetString().ShouldBe("large.vmatlas");
        using var form = _running.Authorised(HttpMethod.Post, "/api/upload");
        form.Content = new StringContent("x");
        (await _running.Client.SendAsync(form, Cancellation)).StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task Pages_and_strings_are_those_of_the_process_itself()
    {
        await Post("/api/open", $$"""{"pid":{{Environment.ProcessId}}}""");
        var needle = GC.AllocateArray<byte>(8192, pinned: true);
        Encoding.ASCII.GetBytes("a needle of 4711 in the heap").CopyTo(needle, 5000);
        var start = (ulong)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(needle, 0) & ~4095UL;
        var range = $"start={start:x}&end={start + 3 * 4096:x}";
        (await Bytes($"/api/sessions/1/pages?{range}")).Length.ShouldBe(3);
        var strings = Encoding.UTF8.GetString(await Bytes($"/api/sessions/1/strings?{range}&least=8&grep=needle%20of%20%5Cd%2B"));
        strings.ShouldContain("a needle of 4711");
        strings.ShouldContain("\"told\":1");
        GC.KeepAlive(needle);
    }

    [Theory]
    [InlineData("pages?start=0&end=1000000000000")]
    [InlineData("pages?start=1&end=2000")]
    [InlineData("pages?start=2000&end=1000")]
    [InlineData("pages")]
    [InlineData("strings?start=0&end=1000&grep=(")]
    public async Task Ranges_and_patterns_that_make_no_sense_are_refused(string call)
    {
        await Post("/api/open", $$"""{"pid":{{Environment.ProcessId}}}""");
        (await _running.Send(HttpMethod.Get, $"/api/sessions/1/{call}")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task The_words_of_the_filter_and_the_glossary_are_told()
    {
        (await Json("/api/filter/complete?text=priv&cursor=4")).EnumerateArray().ShouldContain(o => o.GetProperty("text").GetString() == "private");
        (await Json("/api/glossary")).GetArrayLength().ShouldBe(Glossary.All.Count);
        (await Json("/api/processes")).EnumerateArray().ShouldContain(p => p.GetProperty("pid").GetInt32() == Environment.ProcessId);
    }

    [Fact]
    public async Task A_program_is_launched_and_opened()
    {
        var session = await Body(await Post("/api/launch", """{"program":"sleep","arguments":["5"],"environment":{"A":"b"}}"""));
        var pid = session.GetProperty("process").GetProperty("pid").GetInt32();
        using var process = System.Diagnostics.Process.GetProcessById(pid);
        process.Kill();
        (await Post("/api/launch", """{"program":"/no/such/program"}""")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    static string RandomText(Random random)
    {
        var bytes = new byte[600];
        random.NextBytes(bytes);
        return Convert.ToHexString(bytes);
    }

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    async Task<JsonElement> OpenFile(params Snapshot[] snapshots)
    {
        var path = Path.Combine(_folder.FullName, "sample.vmatlas");
        TimelineFile.Save(path, snapshots);
        return await Body(await Post("/api/open", $$"""{"path":"{{path}}"}"""));
    }

    Task<HttpResponseMessage> Post(string path, string json) => _running.Send(HttpMethod.Post, path, json);

    async Task<JsonElement> Json(string path) => await Body(await _running.Send(HttpMethod.Get, path));

    async Task<byte[]> Bytes(string path)
    {
        var answer = await _running.Send(HttpMethod.Get, path);
        var bytes = await answer.Content.ReadAsByteArrayAsync(Cancellation);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, Encoding.UTF8.GetString(bytes));
        return bytes;
    }

    static async Task<JsonElement> Body(HttpResponseMessage answer) => JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement;

    static bool[] Unpack(ReadOnlySpan<byte> bits, int count)
    {
        var values = new bool[count];
        for (var i = 0; i < count; i++)
            values[i] = (bits[i >> 3] >> (i & 7) & 1) != 0;
        return values;
    }
}
