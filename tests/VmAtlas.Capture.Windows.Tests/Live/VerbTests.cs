using System.Text.Json;
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
    [InlineData("-p PID", "Image")]
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
    [InlineData("heap PID", 2, "looking into its heap")]
    [InlineData("mark PID", 2, "marking")]
    [InlineData("trace -- cmd.exe /c exit", 2, "Linux only")]
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

    [Fact]
    public void Pages_are_shown_or_refused_with_the_reason()
    {
        var (code, _, error) = Run("pages PID TEXT");
        error.ShouldNotContain("defect");
        code.ShouldBe(IsWine ? 4 : 0, error);
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
        Ok($"import {File("a.csv")} -o {File("c.vmatlas")}");
        Ok($"show {File("c.vmatlas")}").ShouldContain("kinds.exe");
        Ok($"export {File("a.vmatlas")} -o {File("a.html")}");
        Ok($"record PID -o {File("r.vmatlas")} --for 2s --every 500ms");
        Ok($"timeline {File("r.vmatlas")}");
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
    public void The_page_is_served()
    {
        using var server = Exe.Start("open --no-browser");
        try
        {
            var line = server.StandardOutput.ReadLine().ShouldNotBeNull();
            line.ShouldContain("http://127.0.0.1:");
            var address = new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..].Trim().TrimEnd('.'));
            using var client = new HttpClient();
            client.GetStringAsync(new Uri(address.GetLeftPart(UriPartial.Authority) + "/"), TestContext.Current.CancellationToken).GetAwaiter().GetResult()
                .ShouldContain("<html", Case.Insensitive);
        }
        finally
        {
            server.Kill();
            server.WaitForExit();
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
