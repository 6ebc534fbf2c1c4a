using System.Diagnostics;
using VmAtlas.Capture.Clr.Isolated;
using VmAtlas.Capture.Clr.Wire;

namespace VmAtlas.Capture.Clr.Tests;

/// <summary>Helpers that crash, hang, lie or flood: played by shell scripts.</summary>
public sealed class HelperProcessTests : IDisposable
{
    static readonly HelperLimits s_short = new() { Open = TimeSpan.FromSeconds(2), Ranges = TimeSpan.FromSeconds(2), Objects = TimeSpan.FromSeconds(2) };

    /// <summary>"ready" as a frame: kind 1, 5 bytes.</summary>
    const string Ready = @"printf '\001\005\000\000\000ready'";

    readonly string _folder = Directory.CreateTempSubdirectory("vmatlas-test-").FullName;

    [Theory]
    [InlineData("exit 7", "exit code 7")]
    [InlineData("echo it broke >&2; exit 1", "it broke")]
    [InlineData("kill -SEGV $$", "exit code 139")]
    [InlineData("sleep 30", "did not answer within 2 s")]
    [InlineData("cat /dev/zero", "frame of kind 0")]
    [InlineData("cat /dev/urandom", "")]
    [InlineData(@"printf '\001\377\377\377\377'", "frame of kind 1 and 4294967295 bytes")]
    [InlineData(@"printf '\001\005\000\000'; sleep 30", "did not answer")]
    [InlineData(@"printf '\006\000\000\000\000'; sleep 30", "before the helper was ready")]
    [InlineData(@"printf '\007\010\000\000\000no\033[2Jgo'", "no [2Jgo")]
    [InlineData("while :; do echo noise >&2; done", "did not answer")]
    public void A_helper_that_does_not_get_ready_costs_a_sentence_and_little_time(string script, string sentence)
    {
        var clock = Stopwatch.StartNew();
        var why = Should.Throw<AnnotatorUnavailableException>(() => Start(script)).Message;
        why.ShouldContain(sentence);
        why.ShouldNotContain('\u001b');
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Theory]
    [InlineData("exit 3", "exit code 3")]
    [InlineData("sleep 30", "did not answer within 2 s")]
    [InlineData(@"printf '\001\005\000\000\000ready'", "in a report")]
    [InlineData(@"printf '\003\003\000\000\000abc'", "a range is cut short")]
    [InlineData(@"while :; do printf '\003\000\000\000\000'; done", "more than 256 frames")]
    [InlineData(@"printf '\007\003\000\000\000why'", "why")]
    public void A_helper_that_answers_badly_costs_a_sentence(string script, string sentence)
    {
        using var helper = Start($"{Ready}; head -c 1 >/dev/null; {script}");
        Should.Throw<AnnotatorUnavailableException>(() => helper.Ask(withObjects: false, CancellationToken.None)).Message.ShouldContain(sentence);
    }

    [Fact]
    public void A_helper_that_is_not_there_is_a_sentence() =>
        Should.Throw<AnnotatorUnavailableException>(() => HelperProcess.Start("/nonexistent/vmatlas-clr", s_short, 1, 0, CancellationToken.None))
            .Message.ShouldContain("not installed");

    [Fact]
    public void Cancelling_ends_the_helper()
    {
        using var cancelled = new CancellationTokenSource(200);
        Should.Throw<OperationCanceledException>(() => HelperProcess.Start(Script("sleep 30"), HelperLimits.Default, 1, 0, cancelled.Token));
    }

    [Fact]
    public void Nothing_of_our_environment_reaches_the_helper_but_what_it_needs()
    {
        Environment.SetEnvironmentVariable("VMATLAS_SECRET", "1");
        using (Start($"env > {_folder}/env; {Ready}; cat >/dev/null"))
        {
            var environment = File.ReadAllText($"{_folder}/env");
            environment.ShouldNotContain("VMATLAS_SECRET");
            environment.ShouldContain("DOTNET_EnableDiagnostics=0");
        }
        Environment.SetEnvironmentVariable("VMATLAS_SECRET", null);
    }

    [Fact]
    public void A_helper_that_is_done_with_leaves_no_process()
    {
        var helper = Start($"{Ready}; sleep 30");
        var pid = helper.ProcessId;
        helper.Dispose();
        Directory.Exists($"/proc/{pid}").ShouldBeFalse();
    }

    [Fact]
    public void The_helper_owns_nothing_when_it_looks_at_the_target()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root has rights to give up");
        using var target = ClrTarget.Start();
        var maps = File.ReadLines($"/proc/{target.Pid}/maps").First(l => l.EndsWith("libcoreclr.so", StringComparison.Ordinal));
        using var helper = HelperProcess.Start(
            HelperProcess.DefaultPath, HelperLimits.Default, target.Pid, Convert.ToUInt64(maps[..maps.IndexOf('-')], 16), CancellationToken.None);
        helper.GivenUp.ShouldStartWith("user ");
        foreach (var thread in Directory.GetDirectories($"/proc/{helper.ProcessId}/task"))
        {
            var status = File.ReadAllLines($"{thread}/status").Select(l => l.Split(':', 2)).ToDictionary(l => l[0], l => l[1].Trim());
            status["Uid"].Split('\t').ShouldAllBe(id => id != "0");
            status["Gid"].Split('\t').ShouldAllBe(id => id != "0");
            status["Groups"].ShouldBeEmpty();
            foreach (var capabilities in (string[])["CapInh", "CapPrm", "CapEff", "CapAmb"])
                status[capabilities].ShouldBe("0000000000000000", capabilities);
            status["NoNewPrivs"].ShouldBe("1");
            if (System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64)
                status["Seccomp"].ShouldBe("2");
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    HelperProcess Start(string script) => HelperProcess.Start(Script(script), s_short, 1, 0, CancellationToken.None);

    string Script(string text)
    {
        var path = Path.Combine(_folder, "helper");
        File.WriteAllText(path, $"#!/bin/sh\n{text}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
