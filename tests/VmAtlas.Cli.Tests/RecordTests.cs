using System.Diagnostics;
using System.Text.Json;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary><c>vmatlas record</c> as a process of its own, and all the ways in which a recording ends.</summary>
public sealed class RecordTests : IDisposable
{
    const int Interrupt = 2;

    readonly SampleFiles _files = new();
    readonly TestTarget _target = TestTarget.Start("reader_churn", "1", "50");

    public void Dispose()
    {
        _target.Dispose();
        _files.Dispose();
    }

    [Theory]
    [InlineData(Interrupt)]
    [InlineData(Signals.Terminate)]
    public void Ctrl_C_ends_it_cleanly(int signal)
    {
        using var recorder = Record("x.vmatlas");
        WaitForSnapshots("x.vmatlas", recorder);
        Signals.Send(recorder.Id, signal);
        var said = recorder.StandardOutput.ReadToEnd();
        recorder.WaitForExit();
        recorder.ExitCode.ShouldBe(0);
        said.ShouldEndWith("; ended by the user\n");
        said.ShouldContain($"x.vmatlas: {Snapshots("x.vmatlas").Count:N0} snapshots in ");
    }

    [Fact]
    public void The_end_of_the_target_ends_it_cleanly()
    {
        using var recorder = Record("x.vmatlas");
        WaitForSnapshots("x.vmatlas", recorder);
        Signals.Send(_target.Pid, Signals.Kill);
        recorder.StandardOutput.ReadToEnd().ShouldEndWith("; the target ended\n");
        recorder.WaitForExit();
        recorder.ExitCode.ShouldBe(0);
        Snapshots("x.vmatlas").Count.ShouldBeGreaterThan(2);
    }

    [Fact]
    public void Killed_it_leaves_every_whole_snapshot()
    {
        using var recorder = Record("x.vmatlas");
        WaitForSnapshots("x.vmatlas", recorder);
        Signals.Send(recorder.Id, Signals.Kill);
        recorder.WaitForExit();
        var snapshots = Snapshots("x.vmatlas");
        snapshots.Count.ShouldBeGreaterThan(2);
        for (var i = 1; i <= snapshots.Count; i++)
            CommandRun.Of("show", $"{_files.Path("x.vmatlas")}@{i}", "--json").Json().GetProperty("process").GetProperty("pid").GetInt32().ShouldBe(_target.Pid);
    }

    /// <summary>In a mount namespace of its own, where a small tmpfs is the disk.</summary>
    [Fact]
    public void A_full_disk_is_one_sentence_and_what_was_written_can_be_read()
    {
        Assert.SkipUnless(Environment.UserName == "root", "a file system can be mounted by root only");
        var disk = Directory.CreateDirectory(_files.Path("disk")).FullName;
        var script = $"mount -t tmpfs -o size=8k none {disk} && {{ {Tool} record {_target.Pid} -o {disk}/x.vmatlas --every 10ms --for 60s; "
            + $"echo $? > {_files.Path("code")}; cp {disk}/x.vmatlas {_files.Path("x.vmatlas")}; }}";
        using var shell = Start("unshare", "-m", "sh", "-c", script);
        var error = shell.StandardError.ReadToEndAsync();
        shell.StandardOutput.ReadToEnd().ShouldEndWith("; it failed\n");
        shell.WaitForExit();
        File.ReadAllText(_files.Path("code")).ShouldBe("1\n");
        var lines = error.GetAwaiter().GetResult().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !l.Contains("reading takes long", StringComparison.Ordinal));
        lines.ShouldHaveSingleItem().ShouldMatch("^vmatlas: .*x.vmatlas.*space");
        Snapshots("x.vmatlas").Count.ShouldBeGreaterThan(2);
    }

    static string Tool => Path.Combine(Repository.Root, "artifacts/bin/VmAtlas.Cli/debug/vmatlas");

    Process Record(string file) => Start(Tool, "record", $"{_target.Pid}", "-o", _files.Path(file), "--every", "10ms");

    static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    /// <summary>A key frame and three deltas.</summary>
    void WaitForSnapshots(string file, Process recorder)
    {
        SpinWait.SpinUntil(() =>
        {
            Thread.Sleep(20);
            return recorder.HasExited || File.Exists(_files.Path(file)) && Deltas(_files.Path(file)) >= 3;
        }, TimeSpan.FromSeconds(60)).ShouldBeTrue("nothing was recorded");
        recorder.HasExited.ShouldBeFalse();
    }

    static int Deltas(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        return ((ReadOnlySpan<byte>)bytes)[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)].Count("DELT"u8);
    }

    List<JsonElement> Snapshots(string file) =>
        [.. CommandRun.Of("timeline", _files.Path(file), "--json").Json().GetProperty("times").EnumerateArray()];
}
