using VmAtlas.Capture;
using VmAtlas.Capture.Linux;
using VmAtlas.Model;

using var target = new LinuxTarget(int.Parse(args[1]));
var snapshot = new CapturePipeline(target, []).Capture();
foreach (var row in snapshot.Summary.Rows)
{
    Console.Write($"{row.Type?.Name() ?? "Total",-14}");
    foreach (var m in (Measure[])[Measure.Size, Measure.Committed, Measure.Private, Measure.TotalWs, Measure.PrivateWs, Measure.ShareableWs, Measure.SharedWs, Measure.LockedWs])
        Console.Write($"{(row.Measures[m] == 0 ? "" : new ByteSize(row.Measures[m]).ToString()),18}");
    Console.WriteLine($"{row.Blocks,8} {(row.Largest is { } l ? new ByteSize(l) : null)}");
}
