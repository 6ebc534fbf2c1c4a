using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.RealPrograms;

/// <summary>Chromium: many processes, reservations of terabytes, an allocator and a JavaScript engine of its own.</summary>
public sealed class ChromiumTests
{
    const string Page = "data:text/html,<title>atlas</title>";

    static readonly string[] s_arguments =
    [
        "HOME={folder}", "XDG_CONFIG_HOME={folder}", "XDG_CACHE_HOME={folder}", "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
        "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-breakpad",
        "--remote-debugging-port=0", "--user-data-dir={folder}/profile", Page,
    ];

    [Fact]
    public void Browser_zygotes_and_renderers_are_what_the_kernel_says()
    {
        Assert.SkipWhen(RealProgram.Find("chromium") is null, "Chromium is not installed (Debian package chromium)");
        using var http = new HttpClient();
        using var chromium = RealProgram.Start("/usr/bin/env", s_arguments, p => HasLoaded(p, http));
        RealProcesses.CaptureRunning(chromium).ShouldBeGreaterThanOrEqualTo(4); // browser, two zygotes, a renderer
        var snapshots = RealProcesses.CompareStopped(chromium);
        var renderers = snapshots.Where(s => CommandLine(s.Key).Contains("--type=renderer", StringComparison.Ordinal)).Select(s => s.Value).ToList();
        renderers.ShouldNotBeEmpty();
        renderers.ShouldAllBe(r => r.Summary.Total.Measures[Measure.Size] > 1UL << 35, "V8 reserves its cage");
        renderers.ShouldAllBe(r => r.Summary.Total.Measures[Measure.Committed] < 1UL << 34, "and commits little of it");
        renderers.ShouldAllBe(r => r.Summary[MemoryType.ManagedHeap].Measures[Measure.TotalWs] > 0, "V8's heap is known by its shape");
    }

    /// <summary>Whether the page is one of those the browser lists at the port it has written down.</summary>
    static bool HasLoaded(RealProgram program, HttpClient http)
    {
        var file = $"{program.Folder}/profile/DevToolsActivePort";
        if (!File.Exists(file) || File.ReadAllLines(file) is not [var port, ..])
            return false;
        using var list = http.Send(new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/json/list"));
        using var text = new StreamReader(list.Content.ReadAsStream());
        return text.ReadToEnd().Contains("\"title\": \"atlas\"", StringComparison.Ordinal);
    }

    static string CommandLine(int pid) => File.ReadAllText($"/proc/{pid}/cmdline");
}
