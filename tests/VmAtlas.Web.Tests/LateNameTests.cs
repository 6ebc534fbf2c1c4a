using System.Text.Json;
using VmAtlas.Testing;

namespace VmAtlas.Web.Tests;

/// <summary>Names that a trace lacks, found once the folder they are in is named in the page's dialog.</summary>
public sealed class LateNameTests : IAsyncLifetime
{
    const string Source = """
        #include <stdlib.h>
        static void *volatile g_kept;
        static __attribute__((noinline)) void hidden_maker(unsigned n) { g_kept = calloc(1, n); }
        int main(void) { hidden_maker(4321); return 0; }

        """;

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-test-");
    readonly RunningServer _running;

    public LateNameTests() => _running = new RunningServer { Options = new WebServerOptions { SymbolsPath = In("list") } };

    public ValueTask InitializeAsync() => _running.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await _running.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task They_are_looked_up_in_traces_of_processes_and_of_files_when_the_list_changes()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/objcopy"), "binutils is not installed");
        var folder = MakeStripped(In("stripped"));
        await Post("/api/launch", new { program = In("stripped"), trace = new { } });
        while (!(await Get("/api/sessions/1/traces"))[0].TryGetProperty("ending", out _))
            await Task.Delay(20, TestContext.Current.CancellationToken);
        await Post("/api/sessions/1/save", new { path = In("saved.vmatlas") });
        await Post("/api/open", new { path = In("saved.vmatlas") });
        foreach (var session in (int[])[1, 2])
            (await Labels(session)).ShouldNotContain("hidden_maker");

        await Post("/api/symbols", new { folders = new[] { In("elsewhere") } });
        (await Labels(2)).ShouldNotContain("hidden_maker");
        await Post("/api/symbols", new { folders = new[] { folder } });
        foreach (var session in (int[])[1, 2])
        {
            (await Labels(session)).ShouldContain("hidden_maker");
            (await Get($"/api/sessions/{session}/traces/0/sites/{await SiteOf(session)}/stack")).GetRawText().ShouldContain("stripped.c\",\"line\":3");
        }
        await Post("/api/symbols", new { folders = Array.Empty<string>() });
        (await Labels(2)).ShouldContain("hidden_maker", "what was found stays");
    }

    async Task<List<string>> Labels(int session)
    {
        var tree = await Frame($"/api/sessions/{session}/traces/0/calltree");
        return [.. Enumerable.Range(0, tree.Rows).Select(i => tree.Text("label", i))];
    }

    async Task<double> SiteOf(int session)
    {
        var blocks = await Frame($"/api/sessions/{session}/traces/0/allocations");
        return blocks.Number("site", Enumerable.Range(0, blocks.Rows).Single(i => blocks.Number("size", i) == 4321));
    }

    async Task<FrameReader> Frame(string path) =>
        new(await (await _running.Send(HttpMethod.Get, path)).Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));

    async Task<JsonElement> Get(string path) =>
        JsonDocument.Parse(await (await _running.Send(HttpMethod.Get, path)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;

    async Task Post(string path, object body)
    {
        var answer = await _running.Send(HttpMethod.Post, path, JsonSerializer.Serialize(body));
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>A program without symbols, and the folder with those it had, by build id.</summary>
    string MakeStripped(string program)
    {
        File.WriteAllText(program + ".c", Source);
        Tool.Output("gcc", "-g", "-O1", "-fno-builtin", "-Wl,--build-id=sha1", "-o", program, program + ".c");
        var id = Tool.Output("readelf", "-n", program).Split('\n').Single(l => l.Contains("Build ID: ", StringComparison.Ordinal)).Split(' ')[^1];
        var folder = In("symbols");
        var debug = Directory.CreateDirectory(Path.Combine(folder, ".build-id", id[..2])).FullName;
        Tool.Output("objcopy", "--only-keep-debug", program, Path.Combine(debug, id[2..] + ".debug"));
        Tool.Output("strip", "--strip-all", program);
        return folder;
    }

    string In(string name) => Path.Combine(_folder.FullName, name);
}
