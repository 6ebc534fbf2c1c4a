using System.Diagnostics;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary>What can not be traced, through the built command: its exit code, one sentence, and a target that is as it was.</summary>
public sealed class TraceRefusalTests : IDisposable
{
    const string Nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/tmp ";

    static readonly string s_command = Path.Combine(AppContext.BaseDirectory, "vmatlas");

    readonly SampleFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("-static")]
    [InlineData("-static-pie")]
    public void A_static_program(string flag)
    {
        var program = Build(flag);
        LaunchRefused(2, "statically linked", program);
        using var target = TestTarget.Start(program);
        AttachRefused(2, "statically linked", target.Pid);
    }

    [Fact]
    public void A_static_program_of_musl()
    {
        Assert.SkipWhen(RealProgram.Find("musl-gcc") is null, "musl-tools is not installed");
        LaunchRefused(2, "statically linked", Build("-static", compiler: "musl-gcc"));
    }

    [Fact]
    public void A_32_bit_program()
    {
        var program = Path.Combine(Repository.Targets, "zoo_heaps-m32");
        Assert.SkipUnless(File.Exists(program), "32-bit programs can not be built here");
        LaunchRefused(2, "32 bits", program);
        using var target = TestTarget.Start(program);
        AttachRefused(2, "32 bits", target.Pid);
    }

    [Fact]
    public void A_Go_program()
    {
        Assert.SkipWhen(RealProgram.Find("go") is null, "Go is not installed");
        var (source, program) = (_files.Path("main.go"), _files.Path("loop"));
        File.WriteAllText(source, "package main\nimport (\"fmt\"; \"os\")\nfunc main() { fmt.Println(\"ready\"); os.Stdin.Read(make([]byte, 1)) }\n");
        Tool.Output("env", "CGO_ENABLED=0", $"GOCACHE={_files.Path("cache")}", "GOFLAGS=-mod=mod", "go", "build", "-o", program, source);
        LaunchRefused(2, "Go program", program);
        using var target = TestTarget.Start(program);
        AttachRefused(2, "Go program", target.Pid);
    }

    [Fact]
    public void A_program_with_another_users_rights()
    {
        RequireNobody();
        Refused(4, "setuid", Nobody, "trace -- /bin/su -c true");
    }

    [Fact]
    public void A_process_of_another_user()
    {
        RequireNobody();
        using var target = TestTarget.Start("cli_texts");
        AttachRefused(4, "belongs to another user", target.Pid, Nobody);
    }

    /// <summary>Of the same user, but it has made itself undumpable, as those do that hold secrets.</summary>
    [Fact]
    public void A_process_that_allows_nobody_to_look()
    {
        RequireNobody();
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "python3 is not installed");
        using var target = TestTarget.Start("/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c",
            "import ctypes, sys; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0); print('ready', flush=True); sys.stdin.read()");
        AttachRefused(4, "can not be looked at", target.Pid, Nobody);
    }

    [Fact]
    public void A_process_that_a_debugger_has()
    {
        Assert.SkipWhen(RealProgram.Find("gdb") is null, "gdb is not installed");
        using var target = TestTarget.Start("cli_texts");
        using var debugger = Process.Start(new ProcessStartInfo("gdb", ["-q", "-p", $"{target.Pid}", "-ex", "continue"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        SpinWait.SpinUntil(() => !File.ReadAllText($"/proc/{target.Pid}/status").Contains("TracerPid:\t0", StringComparison.Ordinal), 20_000).ShouldBeTrue();
        AttachRefused(4, "already traced by process", target.Pid);
        debugger.Kill();
        debugger.WaitForExit();
    }

    [Fact]
    public void A_process_that_has_ended_and_waits_for_its_parent()
    {
        // The shell becomes sleep, which never asks how its child ended.
        using var parent = TestTarget.Start("/bin/sh", "-c", "sleep 0 & echo child $!; echo ready; exec sleep 30");
        var pid = int.Parse(parent.Said["child"].Single());
        SpinWait.SpinUntil(() => Signals.StateOf($"/proc/{pid}") == 'Z', 10_000).ShouldBeTrue();
        Refused(5, "has ended", "", $"trace --attach {pid}");
        Signals.Send(parent.Pid, Signals.Kill);
    }

    [Fact]
    public void A_thread_of_the_kernel()
    {
        Assert.SkipUnless(File.Exists("/proc/2/stat") && File.ReadAllText("/proc/2/stat").Contains("kthreadd", StringComparison.Ordinal), "no kernel threads are to be seen here");
        Refused(2, "thread of the kernel", "", "trace --attach 2");
    }

    /// <summary>Where memory files may hold no code, what is refused says what works instead, and that does.</summary>
    [Fact]
    public void A_system_that_lets_no_code_run_from_memory_files()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/proc/sys/vm/memfd_noexec") && File.Exists("/usr/bin/unshare"), "it takes root, unshare, and Linux 6.3");
        var file = _files.Path("noexec.vmatlas");
        var run = Shell($"unshare --pid --fork --mount-proc --kill-child sh -c 'echo 2 >/proc/sys/vm/memfd_noexec; sleep 30 & {s_command} trace --attach $!; echo code $?; "
            + $"{s_command} trace -o {file} -- /bin/echo launched; echo code $?'");
        run.Out.ShouldBe("code 4\nlaunched\ncode 0\n", run.Error);
        run.Error.ShouldContain("vm.memfd_noexec is 2");
        CommandRun.Of("sites", file).Worked();
    }

    [Fact]
    public void A_process_that_may_open_no_more_files()
    {
        Assert.SkipWhen(RealProgram.Find("prlimit") is null, "prlimit is not installed");
        using var target = TestTarget.StartOrphan("trace_killed", "wait");
        Tool.Output("prlimit", $"--pid={target.Pid}", "--nofile=3");
        AttachRefused(4, "RLIMIT_NOFILE", target.Pid);
    }

    static void RequireNobody() => Assert.SkipUnless(
        Environment.IsPrivilegedProcess && RealProgram.Find("setpriv") is not null && Shell($"{Nobody}{s_command} help").Code == 0, "it takes root, setpriv, and a build that others can run");

    /// <summary>Nothing is started, so it prints nothing.</summary>
    static void LaunchRefused(int code, string because, string program) => Refused(code, because, "", $"trace -- {program}");

    static void AttachRefused(int code, string because, int pid, string asUser = "")
    {
        var before = File.ReadAllText($"/proc/{pid}/maps");
        Refused(code, because, asUser, $"trace --attach {pid}");
        File.ReadAllText($"/proc/{pid}/maps").ShouldBe(before);
        Signals.StateOf($"/proc/{pid}").ShouldNotBe('T');
    }

    static void Refused(int code, string because, string asUser, string arguments)
    {
        var run = Shell($"{asUser}{s_command} {arguments}");
        run.Code.ShouldBe(code, run.Error);
        run.Out.ShouldBe("");
        run.Error.ShouldStartWith("vmatlas: ");
        run.Error.ShouldContain(because);
        run.Error.Count(c => c == '\n').ShouldBe(1, run.Error);
    }

    static (int Code, string Out, string Error) Shell(string line)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", line]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = shell.StandardError.ReadToEndAsync();
        var output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return (shell.ExitCode, output, error.Result);
    }

    string Build(string flag, string compiler = "gcc")
    {
        var (source, program) = (_files.Path("static.c"), _files.Path("static" + flag));
        File.WriteAllText(source, "#include <stdio.h>\nint main(void) { puts(\"ready\"); fflush(stdout); return getchar() == 'x'; }\n");
        Tool.Output(compiler, flag, "-O1", "-o", program, source);
        return program;
    }
}
