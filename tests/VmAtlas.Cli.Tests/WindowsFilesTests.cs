using System.Net.Http.Headers;
using System.Text.Json;
using VmAtlas.Capture.Windows.Tests.MadeUp;
using VmAtlas.Cli.Targets;
using VmAtlas.Testing;
using VmAtlas.Web;

namespace VmAtlas.Cli.Tests;

/// <summary>What vmatlas.exe wrote under Wine (Samples/kinds.*: one process, once as a snapshot and once as what the system answered), and a minidump, read here.</summary>
public sealed class WindowsFilesTests : IDisposable
{
    static readonly string s_samples = Path.Combine(Repository.Root, "tests", "VmAtlas.Capture.Windows.Tests", "Samples");
    static readonly string s_file = Path.Combine(s_samples, "kinds.vmatlas"), s_recording = Path.Combine(s_samples, "kinds.vmcalls");

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-windows-");

    [Fact]
    public void A_snapshot_made_by_the_exe_is_shown()
    {
        var shown = CommandRun.Of("show", s_file, "--type", "stack").Worked().Out;
        shown.ShouldContain("Windows 10.0.18362");
        shown.ShouldContain("Thread ID: ");
        using var json = JsonDocument.Parse(CommandRun.Of("show", s_file, "--json").Worked().Out);
        json.RootElement.GetProperty("process").GetProperty("executable").GetString().ShouldBe(@"C:\kinds.exe");
    }

    [Fact]
    public void The_snapshot_and_the_recording_of_its_calls_are_the_same_map()
    {
        foreach (var (source, name) in (IEnumerable<(string, string)>)[(s_file, "a.csv"), (s_recording, "b.csv")])
            CommandRun.Of("export", source, "-o", Path.Combine(_folder.FullName, name)).Worked();
        File.ReadAllText(Path.Combine(_folder.FullName, "b.csv")).ShouldBe(File.ReadAllText(Path.Combine(_folder.FullName, "a.csv")));
    }

    [Fact]
    public async Task The_page_opens_them_and_dumps_too()
    {
        var dump = Path.Combine(_folder.FullName, "crash.dmp");
        File.WriteAllBytes(dump, MinidumpMaker.Make());
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = await WebServer.StartAsync(new WebServerOptions { ReadDump = DumpFile.Read }, cancellation);
        string[] files = [s_file, s_recording, dump];
        foreach (var file in files)
            await server.OpenFile(file);
        using var client = new HttpClient { BaseAddress = server.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Token.Text);
        for (var i = 1; i <= files.Length; i++)
        {
            using var summary = JsonDocument.Parse(await client.GetStringAsync($"/api/sessions/{i}/snapshots/0/summary", cancellation));
            summary.RootElement.GetProperty("summary")[0].GetProperty("size").GetUInt64().ShouldBeGreaterThan(0ul, files[i - 1]);
            (await client.GetByteArrayAsync($"/api/sessions/{i}/snapshots/0/frame", cancellation)).Length.ShouldBeGreaterThan(1000);
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
