using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Runtimes;

/// <summary>Runtimes that manage memory, against their own figures.</summary>
public sealed class RuntimeTests : RuntimeTest
{
    [Fact]
    public void V8_pages_are_what_V8_counts_space_by_space()
    {
        using var program = TestTarget.Start(Tool("node"), Source("hold.js"));
        var snapshot = Capture(program.Pid);
        foreach (var said in program.Said["space"].Select(s => s.Split(' ')).Where(s => s[0] is "old_space" or "code_space" or "large_object_space"))
            Labelled(snapshot, "V8 heap", said[0].Replace('_', ' ')).ShouldBe(ulong.Parse(said[1]), said[0]);
        // What is said of the new space counts half of it that may be given back by now.
        var pages = Sum(snapshot, "V8 heap", Measure.Size);
        pages.ShouldBeInRange(Said(program, "heap-total") * 8 / 10, Said(program, "heap-total") * 13 / 10);
        Named(snapshot).ShouldBeGreaterThan(0.95);
    }

    [Fact]
    public void Python_arenas_are_as_many_as_its_statistics_count()
    {
        using var program = TestTarget.Start(Tool("python3"), Source("hold.py"));
        var snapshot = Capture(program.Pid);
        // The kernel merges arenas with what else was mapped beside them.
        Sum(snapshot, "Python object arenas", Measure.Size).ShouldBeInRange(Said(program, "arena-bytes"), Said(program, "arena-bytes") + (2 << 20));
        Named(snapshot).ShouldBeGreaterThan(0.95);
    }

    [Fact]
    public void Go_arenas_hold_what_its_runtime_counts()
    {
        var folder = Directory.CreateTempSubdirectory("vmatlas-go-");
        try
        {
            var program = Path.Combine(folder.FullName, "hold-go");
            Output(Tool("go"), "build", "-o", program, Source("hold.go"));
            using var target = TestTarget.Start(program);
            var snapshot = Capture(target.Pid);
            // Heap and stacks are spans of the arenas, and so are a few of the collector's buffers.
            var spans = Said(target, "heap-sys") + Said(target, "stack-sys");
            Sum(snapshot, "Go heap", Measure.Committed).ShouldBeInRange(spans, spans + Said(target, "gc-sys"));
            Sum(snapshot, "Go heap", Measure.TotalWs).ShouldBeGreaterThan(Said(target, "heap-in-use") * 9 / 10);
            Named(snapshot).ShouldBeGreaterThan(0.99);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_plain_C_program_has_nothing_of_a_runtime()
    {
        using var program = TestTarget.Start("heap_shapes", "plain");
        var snapshot = Capture(program.Pid);
        snapshot.Summary.Rows.Single(r => r.Type == MemoryType.ManagedHeap).Measures[Measure.Size].ShouldBe(0UL);
        Sum(snapshot, "Thread control block", Measure.TotalWs).ShouldBeGreaterThan(0UL);
    }
}
