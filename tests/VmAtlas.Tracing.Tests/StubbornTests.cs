using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Tracing.Tests;

/// <summary>Programs that make it hard to stay with them: they do what they do, and all of it is seen.</summary>
public sealed class StubbornTests
{
    const int Warm = 1000, Many = 100_000;

    /// <param name="own">Blocks that it asks for besides those before and after.</param>
    /// <param name="more">… and that the C library asks for.</param>
    [Theory]
    [InlineData("closes", 0, 0)]
    [InlineData("no-descriptors", 8 * 22, 8)]
    [InlineData("chroot", 0, 0)]
    [InlineData("not-dumpable", 0, 0)]
    [InlineData("spawns", 0, 100)]
    [InlineData("shares", 50 * 1000, 0)]
    [InlineData("threads", 2000 * 22, 2200)]
    [InlineData("loads", 0, 20_000)]
    [InlineData("other-stack", 5000 * 10, 0)]
    [InlineData("unmaps", 0, 10)]
    public void Everything_is_seen(string way, int own, int more)
    {
        Assert.SkipWhen(way == "chroot" && !Environment.IsPrivilegedProcess, "chroot takes root");
        var run = TraceRun.Of("stubborn", way, way == "loads" ? TraceRun.Target("plugin.so") : "/tmp");
        run.End.ShouldBe((TraceEnding.Exited, 0), run.Said);
        run.Program.TotalCount.ShouldBeInRange(Warm + own + Many, Warm + own + Many + more);
        run.Program.UnknownFrees.ShouldBe(0);
        run.Program.Lost.ShouldBe(0);
    }

    /// <summary>Neither may read the clock any more, nor call the system: the agent has to be gone before.</summary>
    [Theory]
    [InlineData("strict", 4)]
    [InlineData("no-counter", 0)]
    public void What_the_next_event_would_end_goes_on_without_a_trace(string way, int code)
    {
        var run = TraceRun.Of("stubborn", way);
        run.End.ShouldBe((TraceEnding.Exited, code));
        run.Program.TotalCount.ShouldBeInRange(Warm, Warm + 10);
    }
}
