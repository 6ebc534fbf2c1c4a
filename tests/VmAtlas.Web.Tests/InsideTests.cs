using System.Net;
using System.Text.Json;
using VmAtlas.Capture;
using VmAtlas.Capture.Linux;
using VmAtlas.Capture.Linux.Annotators;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Testing;

namespace VmAtlas.Web.Tests;

/// <summary>The calls that look inside: malloc's memory and .NET's; and what the page keeps.</summary>
public sealed class InsideTests : IAsyncLifetime
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-test-");
    readonly RunningServer _running;

    public InsideTests() => _running = new RunningServer { Options = new WebServerOptions { SettingsPath = SettingsPath, SymbolsPath = SymbolsPath, Symbols = "/named:" } };

    string SettingsPath => Path.Combine(_folder.FullName, "vmatlas", "page.json");

    string SymbolsPath => Path.Combine(_folder.FullName, "vmatlas", "symbols");

    public ValueTask InitializeAsync() => _running.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await _running.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task The_chunks_of_a_heap_are_those_the_target_made()
    {
        using var target = TestTarget.Start("heap_shapes");
        await Open(target.Pid);
        var look = await Json("/api/sessions/1/heap");
        var heap = look.GetProperty("arenas")[0].GetProperty("heaps")[0];
        var range = $"start={heap.GetProperty("address").GetString()}&end={heap.GetProperty("end").GetString()}";
        var sums = await Json($"/api/sessions/1/heap/range?{range}");
        var frame = new FrameReader(await Bytes($"/api/sessions/1/heap/chunks?{range}"));
        var chunks = sums.GetProperty("states").EnumerateArray().Sum(s => s.GetProperty("chunks").GetInt64());
        ((long)frame.Rows).ShouldBe(chunks);
        frame.Rows.ShouldBeGreaterThan(10);
        Enumerable.Range(0, frame.Rows).Sum(i => frame.Number("size", i))
            .ShouldBe(sums.GetProperty("states").EnumerateArray().Sum(s => s.GetProperty("bytes").GetDouble()));
        Enumerable.Range(0, frame.Rows).All(i => frame.Number("address", i) == frame.Number("chunk", i) + 16).ShouldBeTrue();
        frame.Text("stateName", frame.Rows - 1).ShouldBe("top");
        var sizes = sums.GetProperty("sizes").EnumerateArray().Sum(s => s.GetProperty("used").GetProperty("bytes").GetDouble() + s.GetProperty("free").GetProperty("bytes").GetDouble());
        sizes.ShouldBe(Enumerable.Range(0, frame.Rows).Sum(i => frame.Number("size", i)));
        (await Json("/api/sessions/1/heap")).GetProperty("growth").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Folders_of_symbols_are_kept_in_the_users_list_and_its_remarks_stay()
    {
        (await Json("/api/symbols")).GetProperty("folders").GetArrayLength().ShouldBe(0);
        Directory.CreateDirectory(Path.GetDirectoryName(SymbolsPath)!);
        File.WriteAllText(SymbolsPath, "# builds of the week\n/old\n");
        (await _running.Send(HttpMethod.Post, "/api/symbols", """{"folders":["/builds/a "," ","/builds/b"]}""")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        File.ReadAllText(SymbolsPath).ShouldBe("# builds of the week\n/builds/a\n/builds/b\n");
        var known = await Json("/api/symbols");
        known.GetProperty("folders").EnumerateArray().Select(f => f.GetString()).ShouldBe(["/builds/a", "/builds/b"]);
        known.GetProperty("always").EnumerateArray().Select(f => f.GetString()).ShouldBe(["/named", "/usr/lib/debug"]);
        known.GetProperty("file").GetString().ShouldBe(SymbolsPath);
    }

    [Theory]
    [InlineData("relative")]
    [InlineData("/two:/folders")]
    [InlineData("/line\\n/line")]
    [InlineData("#/remark")]
    public async Task What_can_be_no_folder_of_the_list_is_refused_and_the_list_stays(string folder)
    {
        (await _running.Send(HttpMethod.Post, "/api/symbols", """{"folders":["/builds"]}""")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await _running.Send(HttpMethod.Post, "/api/symbols", $$"""{"folders":["{{folder}}"]}""")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        File.ReadAllText(SymbolsPath).ShouldBe("/builds\n");
    }

    [Fact]
    public async Task Chunks_are_told_only_after_a_look_and_only_of_a_live_process()
    {
        using var target = TestTarget.Start("heap_shapes");
        await Open(target.Pid);
        (await _running.Send(HttpMethod.Get, "/api/sessions/1/heap/chunks?start=1000&end=2000")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await Json("/api/sessions/1/heap");
        (await _running.Send(HttpMethod.Get, "/api/sessions/1/heap/chunks?start=2000&end=1000")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        new FrameReader(await Bytes("/api/sessions/1/heap/chunks?start=1000&end=2000")).Rows.ShouldBe(0);
    }

    [Fact]
    public async Task A_saved_snapshot_shows_what_it_kept_of_its_heaps()
    {
        var (kept, plain) = (Path.Combine(_folder.FullName, "kept.vmatlas"), Path.Combine(_folder.FullName, "plain.vmatlas"));
        using (var target = TestTarget.Start("heap_shapes"))
        {
            using var source = new LinuxTarget(target.Pid);
            TimelineFile.Save(kept, new CapturePipeline(source, LinuxAnnotators.All, options: CaptureOptions.Full with { Heaps = true }).Capture());
            TimelineFile.Save(plain, new CapturePipeline(source, LinuxAnnotators.All).Capture());
        }
        var session = await Json(await _running.Send(HttpMethod.Post, "/api/open", JsonSerializer.Serialize(new { path = kept })));
        session.GetProperty("heap").GetBoolean().ShouldBeTrue();
        var heap = (await Json("/api/sessions/1/heap?index=0")).GetProperty("arenas")[0].GetProperty("heaps")[0];
        var range = $"start={heap.GetProperty("address").GetString()}&end={heap.GetProperty("end").GetString()}&index=0";
        var frame = new FrameReader(await Bytes($"/api/sessions/1/heap/chunks?{range}"));
        frame.Rows.ShouldBeGreaterThan(10);
        (await Json($"/api/sessions/1/heap/range?{range}")).GetProperty("states").EnumerateArray().Sum(s => s.GetProperty("chunks").GetInt32()).ShouldBe(frame.Rows);

        session = await Json(await _running.Send(HttpMethod.Post, "/api/open", JsonSerializer.Serialize(new { path = plain })));
        session.GetProperty("heap").GetBoolean().ShouldBeFalse();
        (await _running.Send(HttpMethod.Get, "/api/sessions/2/heap")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_process_without_a_runtime_has_no_managed_memory()
    {
        using var target = TestTarget.Start("heap_shapes");
        await Open(target.Pid);
        (await _running.Send(HttpMethod.Get, "/api/sessions/1/snapshots/0/managed")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await _running.Send(HttpMethod.Post, "/api/sessions/1/objects", "{}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await Json("/api/sessions/1/objects")).GetArrayLength().ShouldBe(0);
        (await _running.Send(HttpMethod.Get, "/api/sessions/1/objects/0")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task This_very_process_has_managed_memory()
    {
        await Open(Environment.ProcessId);
        var managed = await Json("/api/sessions/1/snapshots/0/managed");
        managed.GetProperty("heaps").EnumerateArray().Sum(h => h.GetProperty("totalWs").GetInt64()).ShouldBeGreaterThan(1 << 20);
    }

    [Fact]
    public async Task What_the_reader_chose_is_kept_in_a_file_of_his_own()
    {
        (await Json("/api/settings")).EnumerateObject().ShouldBeEmpty();
        (await _running.Send(HttpMethod.Post, "/api/settings", """{"theme":"dark"}""")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await Json("/api/settings")).GetProperty("theme").GetString().ShouldBe("dark");
        File.ReadAllText(SettingsPath).ShouldBe("""{"theme":"dark"}""");
        File.GetUnixFileMode(Path.GetDirectoryName(SettingsPath)!).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("7")]
    [InlineData("null")]
    public async Task Only_an_object_is_kept(string json)
    {
        (await _running.Send(HttpMethod.Post, "/api/settings", json)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        File.Exists(SettingsPath).ShouldBeFalse();
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("")]
    public async Task A_file_that_makes_no_sense_is_as_none(string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(SettingsPath)!);
        File.WriteAllText(SettingsPath, text);
        (await Json("/api/settings")).EnumerateObject().ShouldBeEmpty();
    }

    [Fact]
    public async Task Settings_that_can_not_be_kept_are_said()
    {
        File.WriteAllText(Path.GetDirectoryName(SettingsPath)!, "a file where the folder would be");
        var answer = await _running.Send(HttpMethod.Post, "/api/settings", "{}");
        answer.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("can not be kept");
    }

    async Task Open(int pid) =>
        (await _running.Send(HttpMethod.Post, "/api/open", $$"""{"pid":{{pid}}}""")).StatusCode.ShouldBe(HttpStatusCode.OK);

    static async Task<JsonElement> Json(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).RootElement;

    async Task<JsonElement> Json(string path) => JsonDocument.Parse(await Bytes(path)).RootElement;

    async Task<byte[]> Bytes(string path)
    {
        var answer = await _running.Send(HttpMethod.Get, path);
        var bytes = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, System.Text.Encoding.UTF8.GetString(bytes));
        return bytes;
    }
}
