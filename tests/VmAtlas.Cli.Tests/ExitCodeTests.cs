using System.Diagnostics;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary>Exit codes that need a process to be had.</summary>
public sealed class ExitCodeTests : IDisposable
{
    readonly SampleFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Of_several_processes_of_a_name_the_user_must_choose_and_2_says_so()
    {
        var name = $"twin{Environment.ProcessId}";
        File.Copy("/bin/sleep", _files.Path(name));
        File.Copy("/bin/sleep", _files.Path(name + "x"));
        using var first = Process.Start(_files.Path(name), ["60"]);
        using var second = Process.Start(_files.Path(name), ["61"]);
        using var longer = Process.Start(_files.Path(name + "x"), ["62"]);
        try
        {
            var run = CommandRun.Of("show", name);
            run.ExitCode.ShouldBe(2);
            var lines = run.Error.Split('\n');
            lines[0].ShouldBe($"vmatlas: 2 processes answer to '{name}': give the pid of the one you mean");
            lines[1].ShouldMatch($"^ +{first.Id}  \\w+  .*/{name} 60$");
            lines[2].ShouldMatch($"^ +{second.Id}  \\w+  .*/{name} 61$");
            // The exact name goes before one that begins with it, and the beginning of one name is enough.
            CommandRun.Of("show", name + "x", "--json").Json().GetProperty("process").GetProperty("pid").GetInt32().ShouldBe(longer.Id);
        }
        finally
        {
            foreach (var process in (Process[])[first, second, longer])
            {
                process.Kill();
                process.WaitForExit();
            }
        }
    }

    /// <summary>As the user nobody, in a process of its own.</summary>
    [Fact]
    public void Anothers_process_is_4_with_what_is_known_and_what_would_help()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/usr/bin/setpriv"), "only root can become another user to try this, by setpriv");
        using var target = TestTarget.Start("cli_texts");
        var run = AsNobody("show", $"{target.Pid}");
        Assert.SkipWhen(run.Error.Contains("Permission denied", StringComparison.Ordinal), "the build can not be read by the user nobody");
        run.ExitCode.ShouldBe(4, run.Error);
        run.Error.ShouldBe($"vmatlas: the memory of cli_texts ({target.Pid}) may not be read: needs CAP_SYS_PTRACE: run with sudo, or as user root\n");
        run.Out.ShouldStartWith($"cli_texts  pid {target.Pid}  user root");
        run.Out.ShouldContain("VmSize");
        // Its own process it may read.
        using var own = TestTarget.Start("/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", Path.Combine(Repository.Targets, "cli_texts"));
        AsNobody("show", $"{own.Pid}").ExitCode.ShouldBe(0);
        AsNobody("strings", $"{own.Pid}", own.Said["ascii"].Single()).Out.ShouldContain("the quick brown fox");
    }

    [Fact]
    public void A_zombie_is_5_and_a_kernel_thread_says_that_it_has_no_memory()
    {
        using var target = TestTarget.Start("reader_ends", "zombie");
        var run = CommandRun.Of("show", target.Said["child"].Single());
        run.ExitCode.ShouldBe(5);
        run.Error.ShouldContain("has ended (a zombie until process");
        if (File.Exists("/proc/2/comm") && File.ReadAllText("/proc/2/comm") == "kthreadd\n")
            CommandRun.Of("show", "2").Error.ShouldContain("is a kernel thread: it has no user memory to show");
    }

    static CommandRun AsNobody(params string[] arguments)
    {
        var tool = Path.Combine(Repository.Root, "artifacts/bin/VmAtlas.Cli/debug/vmatlas");
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", tool, .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["HOME"] = "/tmp" },
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CommandRun(process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
