using System.Text.RegularExpressions;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Runtimes;

/// <summary>HotSpot with each of its collectors, against what jcmd says: its native memory tracking, and its heap.</summary>
public sealed partial class JavaTests : RuntimeTest
{
    const ulong Kib = 1024;

    [Theory]
    [InlineData("G1", "-XX:+UseG1GC")]
    [InlineData("Parallel", "-XX:+UseParallelGC")]
    [InlineData("Serial", "-XX:+UseSerialGC")]
    [InlineData("", "-XX:+UseShenandoahGC")]
    [InlineData("", "-XX:+UseZGC")]
    public void Reservations_are_those_of_native_memory_tracking(string collector, string option)
    {
        var (java, jcmd) = (Tool("java"), Tool("jcmd"));
        using var program = TestTarget.Start(java, option, "-XX:NativeMemoryTracking=detail", "-Xmx256m", Source("Hold.java"));
        var snapshot = Capture(program.Pid);
        var tracked = Output(jcmd, program.Pid.ToString(), "VM.native_memory", "detail");
        Sum(snapshot, "Java heap", Measure.TotalWs).ShouldBeGreaterThan(40_000_000UL);
        Sum(snapshot, "Java metaspace", Measure.Size).ShouldBe(Reserved(tracked, "Metaspace"));
        Sum(snapshot, "Java class space", Measure.Size).ShouldBe(Reserved(tracked, "Class"));
        Sum(snapshot, "Java code cache", Measure.Size).ShouldBe(Reserved(tracked, "Code"));
        Sum(snapshot, "Java heap", Measure.Size).ShouldBe(Reserved(tracked, "Java Heap"));
        Named(snapshot).ShouldBeGreaterThan(0.95);
        if (collector.Length > 0)
            ShouldBeDivided(snapshot, collector, Output(jcmd, program.Pid.ToString(), "GC.heap_info"));
    }

    [Fact]
    public void Metaspace_is_committed_as_jcmd_says()
    {
        var (java, jcmd) = (Tool("java"), Tool("jcmd"));
        using var program = TestTarget.Start(java, "-Xmx256m", Source("Hold.java"));
        var snapshot = Capture(program.Pid);
        var committed = Kib * ulong.Parse(CommittedMetaspace().Match(Output(jcmd, program.Pid.ToString(), "GC.heap_info")).Groups[1].Value);
        // jcmd itself makes the program load some classes.
        (Sum(snapshot, "Java metaspace", Measure.Committed) + Sum(snapshot, "Java class space", Measure.Committed)).ShouldBeInRange(committed - 512 * Kib, committed);
    }

    static void ShouldBeDivided(Snapshot snapshot, string collector, string heapInfo)
    {
        var heap = Regions(snapshot, "Java heap").Single();
        heap.Facts.ShouldContain(("java-gc", collector));
        var used = Used().Matches(heapInfo).Select(m => Kib * ulong.Parse(m.Groups[1].Value)).ToList();
        // Young and old generation are said one by one, and the lines for metaspace have the same words.
        var said = collector == "G1" ? used[0] : used[0] + used[1];
        ulong.Parse(heap.Facts.Single(f => f.Key == "java-used").Value).ShouldBeInRange(said - said / 5, said + said / 20);
        Labelled(snapshot, "Java heap", "eden").ShouldBeGreaterThan(0UL);
        Labelled(snapshot, "Java heap", "old").ShouldBeGreaterThan(0UL);
    }

    /// <summary>Bytes of all address space tracked for one purpose.</summary>
    static ulong Reserved(string tracked, string purpose) =>
        Reservation().Matches(tracked).Where(m => m.Groups[2].Value == purpose).Aggregate(0UL, (sum, m) => sum + Kib * ulong.Parse(m.Groups[1].Value));

    [GeneratedRegex(@"^\[0x\w+ - 0x\w+\] reserved (?:and committed )?(\d+)KB for (.+?)(?: from)?\s*$", RegexOptions.Multiline)]
    private static partial Regex Reservation();

    [GeneratedRegex(@"used (\d+)K")]
    private static partial Regex Used();

    [GeneratedRegex(@"Metaspace +used \d+K, committed (\d+)K")]
    private static partial Regex CommittedMetaspace();
}
