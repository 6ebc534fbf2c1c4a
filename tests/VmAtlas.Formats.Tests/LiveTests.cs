using VmAtlas.Capture;
using VmAtlas.Capture.Linux;
using VmAtlas.Capture.Linux.Annotators;
using VmAtlas.Formats.Import;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmmap;
using VmAtlas.Model;

namespace VmAtlas.Formats.Tests;

/// <summary>Real address spaces through every format: this very process, several times while it runs.</summary>
public sealed class LiveTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    static List<Snapshot> Capture(int count)
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("live processes are read on Linux only");
        using var target = new LinuxTarget(Environment.ProcessId);
        var pipeline = new CapturePipeline(target, LinuxAnnotators.All);
        var snapshots = new List<Snapshot>();
        var hold = new List<byte[]>();
        for (var i = 0; i < count; i++)
        {
            hold.Add(new byte[1 << 20]);
            snapshots.Add(pipeline.Capture());
        }
        GC.KeepAlive(hold);
        snapshots.ShouldAllBe(s => s.Has(Measure.Pss) && s.Has(Measure.Committed));
        return snapshots;
    }

    [Fact]
    public void A_recording_of_a_live_process_comes_back_as_it_was()
    {
        var taken = Capture(12);
        var path = _folder.File("live.vmatlas");
        using (var writer = TimelineFile.Create(path))
            taken.ForEach(writer.Append);
        using var timeline = TimelineFile.Open(path);
        timeline.Count.ShouldBe(taken.Count);
        for (var i = 0; i < taken.Count; i++)
        {
            timeline.Load(i).ShouldSayTheSameAs(taken[i]);
            Laws.Check(timeline.Load(i)).ShouldBeEmpty();
        }
    }

    [Fact]
    public void Its_csv_is_imported_with_the_totals_it_says()
    {
        var snapshot = Capture(1)[0];
        var path = _folder.File("live.csv");
        using (var output = new StreamWriter(path))
            VmmapCsv.Write(snapshot, output);
        var loaded = Importer.Open(path).Load(0);
        loaded.Problems.ShouldBeEmpty();
        for (var m = Measure.Size; m <= Measure.LockedWs; m++)
        {
            for (var t = MemoryType.Image; t <= MemoryType.Free; t++)
                (loaded.Summary[t].Measures[m] >> 10).ShouldBe(snapshot.Summary[t].Measures[m] >> 10, $"{t} {m}");
        }
    }
}
