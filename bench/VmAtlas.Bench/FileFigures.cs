using System.Diagnostics;
using System.Globalization;
using VmAtlas.Capture;
using VmAtlas.Capture.Linux;
using VmAtlas.Formats.Frame;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Bench;

/// <summary>Time and size of saved files against their goals: save and open 500,000 mappings, bytes a mapping, a long quiet recording.</summary>
static class FileFigures
{
    const int Rounds = 7;

    public static int Run(string[] sizes)
    {
        var folder = Directory.CreateTempSubdirectory("vmatlas-bench-");
        try
        {
            var met = true;
            foreach (var size in sizes.Length == 0 ? ["240", "65000", "500000"] : sizes)
            {
                var mappings = int.Parse(size, CultureInfo.InvariantCulture);
                met &= SaveAndOpen($"{mappings:N0} mappings, synthetic", new SyntheticProcess(mappings).Make(), folder);
            }
            using var program = TestTarget.Start("reader_maps", "60000");
            using var target = new LinuxTarget(program.Pid);
            met &= SaveAndOpen("60,000 mappings, live", new CapturePipeline(target, []).Capture(), folder);
            LargeRecording(folder);
            met &= QuietRecording(folder);
            return met ? 0 : 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static bool SaveAndOpen(string title, Snapshot snapshot, DirectoryInfo folder)
    {
        var path = Path.Combine(folder.FullName, "one.vmatlas");
        Console.WriteLine($"{title}: median of {Rounds}");
        var rows = snapshot.Blocks.Count;
        var met = Say("save", Median(() => TimelineFile.Save(path, snapshot)), 500, "ms");
        met &= Say("open and load", Median(() => Load(path)), 300, "ms");
        met &= Say("bytes a mapping", new FileInfo(path).Length / (double)rows, rows < 1000 ? null : 20, "B");
        Say("frame for the page", Median(() => ColumnFrame.Of(snapshot).WriteToAsync(Stream.Null).AsTask().Wait()), null, "ms");
        return met;
    }

    static void Load(string path)
    {
        using var timeline = TimelineFile.Open(path);
        timeline.Load(0);
    }

    /// <summary>What one more snapshot of a large process costs, of which little changed.</summary>
    static void LargeRecording(DirectoryInfo folder)
    {
        var process = new SyntheticProcess(500_000);
        var snapshot = process.Make();
        using var writer = TimelineFile.Create(Path.Combine(folder.FullName, "large.vmatlas"));
        writer.Append(snapshot);
        var (seconds, before) = (0, writer.Length);
        Console.WriteLine("one more snapshot of 500,000 mappings, 1,000 of which changed");
        Say("append", Median(() => writer.Append(snapshot = process.Later(snapshot, 1000, ++seconds))), null, "ms");
        Say("bytes", (writer.Length - before) / (double)seconds, null, "B");
    }

    static bool QuietRecording(DirectoryInfo folder)
    {
        const int Snapshots = 10_000;
        var path = Path.Combine(folder.FullName, "quiet.vmatlas");
        var process = new SyntheticProcess(240);
        var snapshot = process.Make();
        Console.WriteLine($"{Snapshots:N0} snapshots of a quiet process of 240 mappings (0 to 5 blocks change in each)");
        var clock = Stopwatch.StartNew();
        using (var writer = TimelineFile.Create(path))
        {
            for (var i = 0; i < Snapshots; i++)
                writer.Append(snapshot = process.Later(snapshot, i % 6, i));
        }
        Say("append one", clock.Elapsed.TotalMilliseconds / Snapshots, null, "ms");
        var met = Say("size", new FileInfo(path).Length / 1e6, 5, "MB");
        Say("open", Median(() => TimelineFile.Open(path).Dispose()), null, "ms");
        using var timeline = TimelineFile.Open(path);
        Say("load all in order", Median(() => LoadAll(timeline), 1), null, "ms");
        Say("load one at random", Median(() => timeline.Load(Random.Shared.Next(Snapshots)), 50), null, "ms");
        return met;
    }

    static void LoadAll(TimelineReader timeline)
    {
        for (var i = 0; i < timeline.Count; i++)
            timeline.Load(i);
    }

    static double Median(Action action, int rounds = Rounds)
    {
        var times = new double[rounds];
        for (var i = rounds > 1 ? -2 : 0; i < rounds; i++)
        {
            var clock = Stopwatch.StartNew();
            action();
            if (i >= 0)
                times[i] = clock.Elapsed.TotalMilliseconds;
        }
        Array.Sort(times);
        return times[rounds / 2];
    }

    static bool Say(string what, double value, double? atMost, string unit)
    {
        var goal = atMost is { } most ? $"goal {most:0} {(value <= most ? "met" : "MISSED")}" : "";
        Console.WriteLine($"  {what,-24} {value,10:0.00} {unit,-3} {goal}");
        return !(value > atMost);
    }
}
