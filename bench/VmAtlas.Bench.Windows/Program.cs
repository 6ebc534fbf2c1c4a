using System.Diagnostics;
using VmAtlas.Bench.Windows;
using VmAtlas.Capture;
using VmAtlas.Capture.Windows;
using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Model;
using VmAtlas.Testing;

// Scans a process of 10,000 ranges with the bare calls and into a table, in turns; the goal is at most 1.2 times the bare calls.
const int Rounds = 15;
const double Goal = 1.2;
using var program = TestTarget.Start("kinds.exe", "many");
using var calls = LiveCalls.Open(program.Pid);
using var bare = new BareScan(program.Pid);
var (mappings, allocations) = (new BlockTable(), new List<Allocation>());
var (theirs, ours, ranges) = (new List<double>(), new List<double>(), 0);
var held = 0L;
for (var round = 0; round < Rounds * 2; round++)
{
    var before = GC.GetAllocatedBytesForCurrentThread();
    var clock = Stopwatch.StartNew();
    if (round % 2 == 0)
    {
        ranges = bare.Run();
        theirs.Add(clock.Elapsed.TotalMilliseconds);
        continue;
    }
    mappings.Clear();
    new RangeScan(calls, mappings, allocations).Run(0x7FFFFFFF0000);
    ours.Add(clock.Elapsed.TotalMilliseconds);
    held = GC.GetAllocatedBytesForCurrentThread() - before;
}
theirs.Sort();
ours.Sort();
var ratio = ours[Rounds / 2] / theirs[Rounds / 2];
Console.WriteLine($"{ranges:N0} answers, {mappings.Count:N0} rows; bare {theirs[Rounds / 2]:0.0} ms, into the table {ours[Rounds / 2]:0.0} ms: {ratio:0.00} times (goal {Goal:0.0}); a scan again allocates {held:N0} bytes");
return ratio <= Goal ? 0 : 1;
