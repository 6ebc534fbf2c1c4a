using System.Net.Http.Headers;
using System.Text.Json;
using VmAtlas.Formats.Tests.Etl;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Windows.Tests.Live;

/// <summary>Every verb once through vmatlas.exe.</summary>
public sealed class VerbTests : LiveTest, IDisposable
{
    readonly TestTarget _target = StartKinds();
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-");

    string Pid => $"{_target.Pid}";

    [Theory]
    [InlineData("ps", "kinds.exe")]
    [InlineData("ps --filter kinds --json", "\"architecture\":\"x86-64\"")]
    [InlineData("show PID", "Mapped File")]
    [InlineData("show kinds.exe --blocks --why", "Thread ID: ")]
    [InlineData("show PID --json", "winmm.dll")]
    [InlineData("show PID --children", "kinds.exe")]
    [InlineData("at PID STACK", "Thread ID: ")]
    [InlineData("strings PID TEXT", "a text that only this process has")]
    [InlineData("fragmentation PID", "Free")]
    [InlineData("trim PID", "Total WS")]
    [InlineData("heap PID", "From system")]
    [InlineData("heap PID --blocks --sort size --top 5 --bytes 16", "used")]
    [InlineData("-p PID", "Image")]
    [InlineData("-64 -p PID", "Image")]
    [InlineData("-accepteula /p PID", "Image")]
    [InlineData("completion bash", "vmatlas")]
    [InlineData("help filter", "filter")]
    [InlineData("--version", "vmatlas 0.1")]
    public void It_works(string line, string says)
    {
        var (code, output, error) = Run(line);
        error.ShouldNotContain("defect");
        code.ShouldBe(0, error);
        output.ShouldContain(says);
    }

    [Theory]
    [InlineData("heap PID --stop", 2, "Linux only")]
    [InlineData("heap PID --classes", 2, "Linux only")]
    [InlineData("mark PID", 2, "marking")]
    [InlineData("trace --sample 512K -- cmd.exe /c exit", 2, "Linux only")]
    [InlineData("trace --children -- cmd.exe /c exit", 2, "Linux only")]
    [InlineData("trace --managed -- cmd.exe /c exit", 2, "--attach")]
    [InlineData("trace --attach 2147483632", 3, "no process")]
    [InlineData("show 2147483632", 3, "no process")]
    [InlineData("show nobody-has-this-name", 3, "no process named")]
    [InlineData("sites missing.vmatlas", 3, "missing.vmatlas")]
    [InlineData("managed PID", 1, "no memory of a .NET runtime")]
    public void What_can_not_be_done_is_said_in_a_sentence(string line, int exit, string says)
    {
        var (code, _, error) = Run(line);
        error.ShouldNotContain("defect");
        code.ShouldBe(exit, error);
        error.ShouldContain(says);
    }

    /// <summary>Wine's advapi32 begins no session. On Windows this takes an administrator.</summary>
    [Theory]
    [InlineData("trace -- cmd.exe /c mkdir FOLDER")]
    [InlineData("trace -o FOLDER.vmatlas -- cmd.exe /c mkdir FOLDER")]
    [InlineData("trace --attach PID --for 1s")]
    [InlineData("trace --native --attach PID --for 1s")]
    public void A_trace_of_native_memory_is_refused_before_anything_runs(string line)
    {
        if (!IsWine)
            Assert.Skip("what Windows itself does with event tracing sessions was never seen");
        var folder = File("made-by-the-command");
        var (code, _, error) = Run(line.Replace("FOLDER", folder, StringComparison.Ordinal));
        error.ShouldNotContain("defect");
        code.ShouldBe(2, error);
        error.ShouldContain("no event tracing");
        Directory.Exists(folder).ShouldBeFalse("the command did not run");
        Ok("show PID").ShouldContain("kinds.exe");
    }

    [Fact]
    public void Pages_are_shown_or_refused_with_the_reason()
    {
        var (code, _, error) = Run("pages PID TEXT");
        error.ShouldNotContain("defect");
        code.ShouldBe(IsWine ? 4 : 0, error);
        error.ShouldNotContain("sudo", customMessage: "there is none here");
    }

    [Fact]
    public void Snapshots_are_saved_compared_exported_imported_and_recorded()
    {
        Ok($"snapshot PID -o {File("a.vmatlas")}");
        Ok($"snapshot PID -o {File("b.vmatlas")}");
        Ok($"diff {File("a.vmatlas")} {File("b.vmatlas")}");
        Ok($"export PID -o {File("a.csv")}").ShouldNotBeNull();
        System.IO.File.ReadAllText(File("a.csv")).ShouldContain("\"Thread Stack\"");
        System.IO.File.ReadAllText(File("a.csv")).ShouldContain("\"Image (ASLR)\"");
        Ok($"import {File("a.csv")} -o {File("c.vmatlas")}").ShouldNotContain("!", customMessage: "our own csv adds up");
        Ok($"show {File("c.vmatlas")}").ShouldContain("kinds.exe");
        Ok($"export {File("a.vmatlas")} -o {File("a.html")}");
        Ok($"record PID -o {File("r.vmatlas")} --for 2s --every 500ms");
        Ok($"timeline {File("r.vmatlas")}").ShouldContain(IsWine ? "Committed: " : "Total WS: ");
    }

    [Fact]
    public void A_snapshot_of_Linux_opens_here()
    {
        var sample = Path.Combine(Repository.Root, "tests", "VmAtlas.Formats.Tests", "Samples", "v1-two-snapshots.vmatlas");
        using var json = JsonDocument.Parse(Ok($"show {sample} --json"));
        using var golden = JsonDocument.Parse(System.IO.File.ReadAllBytes(Path.ChangeExtension(sample, null) + "-1.json"));
        json.RootElement.GetProperty("summary").ToString().Length.ShouldBeGreaterThan(100);
        json.RootElement.GetProperty("process").GetProperty("name").GetString().ShouldBe(golden.RootElement.GetProperty("process").GetProperty("name").GetString());
    }

    [Fact]
    public void A_log_of_events_is_imported_and_its_trace_looked_at()
    {
        using (var log = new EtlMaker())
            System.IO.File.WriteAllBytes(File("heap.etl"), log.Alloc(2_000_000, 100, 7, 0x1_0000, 0x5000, 100).Stack(2_000_000, 100, 7, 0x1234, 0x5678).Make());
        Ok($"import {File("heap.etl")} -o {File("heap.vmatlas")}").ShouldContain("1 events");
        foreach (var verb in (string[])["sites", "calltree", "leaks", "allocations", "events"])
            Ok($"{verb} {File("heap.vmatlas")}").ShouldNotBeEmpty(verb);
        Ok($"flamegraph {File("heap.vmatlas")} -o {File("flame.svg")}");
        System.IO.File.Exists(File("flame.svg")).ShouldBeTrue();
    }

    [Fact]
    public void A_minidump_of_the_system_s_own_is_a_target()
    {
        var dump = File("kinds.dmp");
        MinidumpProgram.Write(Pid, dump);
        Ok($"show {dump} --type stack").ShouldContain("Thread ID: ");
        Ok($"show {dump} --type image").ShouldContain("kinds.exe");
        Ok($"strings {dump} --grep only").ShouldContain("a text that only this process has");
        using var json = JsonDocument.Parse(Ok($"show {dump} --json"));
        json.RootElement.GetProperty("summary")[0].TryGetProperty("totalWs", out _).ShouldBeFalse("a dump does not know it");
    }

    [Theory]
    [InlineData("PID")]
    [InlineData("LINUX")]
    public async Task The_page_is_served_and_shows(string target)
    {
        var sample = Path.Combine(Repository.Root, "tests", "VmAtlas.Formats.Tests", "Samples", "v1-two-snapshots.vmatlas");
        using var server = Exe.Start(WithTarget($"open {target.Replace("LINUX", sample, StringComparison.Ordinal)} --no-browser"));
        try
        {
            var cancellation = TestContext.Current.CancellationToken;
            var line = (await server.StandardOutput.ReadLineAsync(cancellation)).ShouldNotBeNull();
            var url = new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..].Trim());
            using var client = new HttpClient { BaseAddress = new Uri(url.GetLeftPart(UriPartial.Authority)) };
            (await client.GetStringAsync("/", cancellation)).ShouldContain("<html", Case.Insensitive);
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", url.Fragment["#token=".Length..]);
            using var summary = JsonDocument.Parse(await client.GetStringAsync("/api/sessions/1/snapshots/0/summary", cancellation));
            summary.RootElement.GetProperty("summary")[0].GetProperty("size").GetUInt64().ShouldBeGreaterThan(0ul);
            (await client.GetByteArrayAsync("/api/sessions/1/snapshots/0/frame", cancellation)).Length.ShouldBeGreaterThan(500);
            if (target == "PID")
            {
                (await client.GetStringAsync("/api/processes", cancellation)).ShouldContain("kinds.exe");
                (await client.GetStringAsync("/api/sessions/1/heap", cancellation)).ShouldContain("\"allocator\":");
                var heap = _target.Address("defaultheap");
                (await client.GetByteArrayAsync($"/api/sessions/1/heap/chunks?start={heap:x}&end={heap + 0x10000:x}", cancellation)).Length.ShouldBeGreaterThan(100);
            }
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(CancellationToken.None);
        }
    }

    public void Dispose()
    {
        _target.Dispose();
        _folder.Delete(recursive: true);
    }

    string File(string name) => Path.Combine(_folder.FullName, name);

    string Ok(string line) => Exe.Ok(WithTarget(line));

    (int Code, string Output, string Error) Run(string line) => Exe.Run(WithTarget(line));

    string WithTarget(string line) => line.Replace("PID", Pid, StringComparison.Ordinal)
        .Replace("STACK", _target.Said["stack"].First().Split(' ')[1], StringComparison.Ordinal)
        .Replace("TEXT", _target.Said["text"].Single().Split(' ')[0], StringComparison.Ordinal);
}
