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
