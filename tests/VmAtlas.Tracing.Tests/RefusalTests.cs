using System.Diagnostics;
using VmAtlas.Model;
using VmAtlas.Testing;
using VmAtlas.Tracing.Launch;

namespace VmAtlas.Tracing.Tests;

/// <summary>What can not be traced is said before anything is started or touched.</summary>
public sealed class RefusalTests
{
    [Fact]
    public void A_static_program() => WithProgram("gcc", ["-static"], path =>
        Refused(() => LaunchedTrace.Start([path], default, new Collected()), Failure.Usage, "statically linked"));

    [Fact]
    public void A_32_bit_program() =>
        Should.Throw<VmAtlasException>(() => ElfFacts.Of(Header(bits: 1, machine: 3)).RequireTraceable("it")).Message.ShouldContain("32 bits");

    [Fact]
    public void A_program_for_another_processor() =>
        Should.Throw<VmAtlasException>(() => ElfFacts.Of(Header(bits: 2, machine: 243)).RequireTraceable("it")).Message.ShouldContain("another processor");

    [Fact]
    public void A_program_that_is_not_there() =>
        Refused(() => LaunchedTrace.Start(["no-such-program"], default, new Collected()), Failure.NotFound, "PATH");

    [Fact]
    public void A_process_that_is_not_there() => Refused(() => AttachedTrace.Attach(999_999_999, default, new Collected()), Failure.NotFound, "no process");

    [Fact]
    public void Itself() => Refused(() => AttachedTrace.Attach(Environment.ProcessId, default, new Collected()), Failure.Usage, "itself");

    [Fact]
    public void A_thread_of_the_kernel()
    {
        if (!File.Exists("/proc/2/stat") || !File.ReadAllText("/proc/2/stat").Contains("kthreadd", StringComparison.Ordinal))
            Assert.Skip("no kernel threads are to be seen here");
        Refused(() => AttachedTrace.Attach(2, default, new Collected()), Failure.Usage, "kernel");
    }

    [Fact]
    public void A_stopped_process()
    {
        using var target = TestTarget.Start("trace_steady", "1");
        target.Stop();
        Refused(() => AttachedTrace.Attach(target.Pid, default, new Collected()), Failure.Usage, "stopped");
    }

    [Fact]
    public void A_running_static_process() => WithProgram("gcc", ["-static"], path =>
    {
        using var target = TestTarget.Start(path, "1");
        Refused(() => AttachedTrace.Attach(target.Pid, default, new Collected()), Failure.Usage, "statically linked");
    });

    [Fact]
    public void A_process_that_is_traced_already()
    {
        using var target = TestTarget.Start("trace_steady", "1");
        using var first = AttachedTrace.Attach(target.Pid, default, new Collected());
        Refused(() => AttachedTrace.Attach(target.Pid, default, new Collected()), Failure.General, "traced already");
    }

    [Fact]
    public void A_running_32_bit_process()
    {
        var path = Path.Combine(Repository.Targets, "zoo_heaps-m32");
        if (!File.Exists(path))
            Assert.Skip("32-bit programs can not be built here");
        using var target = TestTarget.Start(path);
        Refused(() => AttachedTrace.Attach(target.Pid, default, new Collected()), Failure.Usage, "32 bits");
    }

    [Fact]
    public void A_running_Go_process()
    {
        if (!File.Exists("/usr/bin/go"))
            Assert.Skip("Go is not installed");
        var folder = Directory.CreateTempSubdirectory("vmatlas-go");
        try
        {
            var source = Path.Combine(folder.FullName, "main.go");
            File.WriteAllText(source, "package main\nimport (\"fmt\"; \"os\")\nfunc main() { fmt.Println(\"ready\"); os.Stdin.Read(make([]byte, 1)) }\n");
            var path = Path.Combine(folder.FullName, "loop");
            var start = new ProcessStartInfo("go", ["build", "-o", path, source]);
            start.Environment["CGO_ENABLED"] = "0";
            start.Environment["GOFLAGS"] = "-mod=mod";
            start.Environment["GOCACHE"] = Path.Combine(folder.FullName, "cache");
            using (var build = Process.Start(start)!)
                build.WaitForExit();
            File.Exists(path).ShouldBeTrue();
            using var target = TestTarget.Start(path);
            Refused(() => AttachedTrace.Attach(target.Pid, default, new Collected()), Failure.Usage, "Go program");
            Refused(() => LaunchedTrace.Start([path], default, new Collected()), Failure.Usage, "Go program");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_process_that_a_debugger_has()
    {
        if (!File.Exists("/usr/bin/strace") && !File.Exists("/usr/bin/gdb"))
            Assert.Skip("neither strace nor gdb is installed");
        using var target = TestTarget.Start("trace_steady", "1");
        using var debugger = Process.Start(new ProcessStartInfo("gdb", ["-q", "-p", $"{target.Pid}", "-ex", "continue"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        while (File.ReadAllText($"/proc/{target.Pid}/status").Contains("TracerPid:\t0", StringComparison.Ordinal))
            Thread.Sleep(5);
        Refused(() => AttachedTrace.Attach(target.Pid, default, new Collected()), Failure.NotPermitted, "already traced by process");
        debugger.Kill();
        debugger.WaitForExit();
    }

    /// <summary>What the system's files say of a target, of us and of what is allowed, and what follows: the target is not touched to find out.</summary>
    [Theory]
    [InlineData("Z (zombie)", "0", "1000", "1000", "0", 0, 0, Failure.TargetEnded, "has ended")]
    [InlineData("S (sleeping)", "77", "1000", "1000", "0", 0, 0, Failure.NotPermitted, "already traced by process 77")]
    [InlineData("S (sleeping)", "0", "0", "1000", "0", 0, 0, Failure.NotPermitted, "another user")]
    [InlineData("S (sleeping)", "0", "1000", "1000", "0", 1, 0, Failure.NotPermitted, "ptrace_scope is 1")]
    [InlineData("S (sleeping)", "0", "1000", "1000", "0", 3, 0, Failure.NotPermitted, "ptrace_scope is 3")]
    [InlineData("S (sleeping)", "0", "0", "0", "1ffffffffff", 3, 0, Failure.NotPermitted, "ptrace_scope is 3")]
    [InlineData("S (sleeping)", "0", "1000", "0", "1ffffffffff", 1, 2, Failure.NotPermitted, "memfd_noexec")]
    public void What_the_system_says_against_it(
        string state, string tracer, string user, string ownUser, string capabilities, int scope, int noExec, Failure failure, string because)
    {
        Dictionary<string, string> Status(string uid) => new()
        {
            ["State"] = state, ["TracerPid"] = tracer, ["VmSize"] = "1 kB", ["Uid"] = $"{uid}\t{uid}\t{uid}\t{uid}", ["CapEff"] = capabilities,
        };
        Refused(() => Attach.TargetCheck.RequireFacts(1, Status(user), Status(ownUser), new Attach.TargetCheck.Rules(scope, noExec)), failure, because);
    }

    [Fact]
    public void Nothing_is_said_against_ones_own_process_or_to_root()
    {
        Dictionary<string, string> Status(string uid, string capabilities) => new()
        {
            ["State"] = "S (sleeping)", ["TracerPid"] = "0", ["VmSize"] = "1 kB", ["Uid"] = $"{uid}\t{uid}\t{uid}\t{uid}", ["CapEff"] = capabilities,
        };
        Attach.TargetCheck.RequireFacts(1, Status("1000", "0"), Status("1000", "0"), new Attach.TargetCheck.Rules(0, 0));
        Attach.TargetCheck.RequireFacts(1, Status("1000", "0"), Status("1000", "0"), new Attach.TargetCheck.Rules(null, null));
        Attach.TargetCheck.RequireFacts(1, Status("1000", "0"), Status("0", "1ffffffffff"), new Attach.TargetCheck.Rules(2, 1));
    }

    /// <summary>The exit codes that these failures become are the command's promise: 2 for what can not be, 4 for what is not allowed.</summary>
    [Fact]
    public void A_program_with_another_users_rights()
    {
        if (Environment.UserName == "root")
            Launch.ProgramFile.RequireTraceable("/bin/su"); // root's programs get no rights that root has not
        Refused(() => Launch.ProgramFile.RefuseOtherRights("/bin/su", user: 1000), Failure.NotPermitted, "setuid");
    }

    static void Refused(Action action, Failure failure, string because)
    {
        var refusal = Should.Throw<VmAtlasException>(action);
        refusal.Failure.ShouldBe(failure, refusal.Message);
        refusal.Message.ShouldContain(because);
        refusal.Message.ShouldNotContain("\n");
    }

    static void WithProgram(string compiler, string[] flags, Action<string> use)
    {
        var path = Path.Combine(Path.GetTempPath(), $"vmatlas-{Guid.NewGuid():N}");
        try
        {
            Tool.Output(compiler, [.. flags, "-O2", "-fno-builtin", "-pthread", "-o", path, Path.Combine(Repository.Root, "tests/targets/trace/steady.c")]);
            use(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    static byte[] Header(byte bits, ushort machine)
    {
        var bytes = new byte[128];
        "\u007fELF"u8.CopyTo(bytes);
        bytes[4] = bits;
        BitConverter.TryWriteBytes(bytes.AsSpan(18), machine);
        return bytes;
    }
}
