using System.Diagnostics;
using VmAtlas.Bench.HeapWalk;
using VmAtlas.Capture.Linux;
using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Model;
using VmAtlas.Testing;

// The walk of a large heap against a bare copy of the same bytes, in turns, medians. The goal: at most 2 for ten million chunks.
// Arguments: [blocks = 10000000] [rounds = 7] [cpu]. Needs the test targets: make -C tests/targets.
// With "cpu" processor time is told instead of the clock's, for machines that have other work.
var blocks = args.Length > 0 ? args[0] : "10000000";
var rounds = args.Length > 1 ? int.Parse(args[1]) : 7;
var cpu = args is [.., "cpu"];
Console.WriteLine($"{"shape",-12}{"chunks",12}{"MiB",8}{"copy ms",10}{"walk ms",10}{"ratio",8}{"with chunks",14}{"ratio",8}");
foreach (var shape in (string[])["big", "big-freed"])
{
    using var program = TestTarget.Start("heap_shapes", shape, blocks);
    using var target = new LinuxTarget(program.Pid);
    var (mappings, strings) = (new BlockTable(), new StringTable());
    target.ReadMappings(mappings, strings, []);
    List<double> copies = [], walks = [], tables = [];
    var (chunks, bytes) = (0UL, 0UL);
    for (var i = 0; i < rounds; i++)
    {
        copies.Add(Timed(() => bytes = BareCopy.Heap(program.Pid, mappings, strings)));
        walks.Add(Timed(() => chunks = Walk(new HeapReadOptions()).InUse.Chunks));
        tables.Add(Timed(() => Walk(new HeapReadOptions { Chunks = true })));
    }
    var (copy, walk, table) = (Median(copies), Median(walks), Median(tables));
    Console.WriteLine($"{shape,-12}{chunks,12:N0}{bytes >> 20,8}{copy,10:F1}{walk,10:F1}{walk / copy,8:F2}{table,14:F1}{table / copy,8:F2}");

    VmAtlas.Model.Heaps.HeapReport Walk(HeapReadOptions options) =>
        GlibcHeapReader.Read(mappings, strings, target, options) ?? throw new InvalidOperationException("no heap found");
}

double Timed(Action action)
{
    var (clock, before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
    action();
    return (cpu ? Environment.CpuUsage.TotalTime - before : clock.Elapsed).TotalMilliseconds;
}

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
