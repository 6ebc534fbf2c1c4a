using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary>Every output of the verbs that work on saved files, text and json, kept to be looked at.</summary>
public sealed class VerbGoldenTests : IDisposable
{
    const ulong K = 1024, M = 1024 * K;

    readonly SampleFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("at-section.txt", "at", "555555556123")]
    [InlineData("at-section.json", "at", "0x555555556123", "--json")]
    [InlineData("at-free.txt", "at", "10000000")]
    [InlineData("at-free.json", "at", "10000000", "--json")]
    [InlineData("fragmentation.txt", "fragmentation", "--lines", "4", "--width", "100")]
    [InlineData("fragmentation-256-colours.txt", "fragmentation", "--lines", "4", "--width", "100", "--color", "always")]
    [InlineData("fragmentation.json", "fragmentation", "--lines", "1", "--json")]
    [InlineData("show.json", "show", "--json")]
    [InlineData("show-blocks-filtered.json", "show", "--json", "--blocks", "--type", "heap", "--sort", "size")]
    public void A_saved_snapshot_gives_the_golden_output(string golden, string verb, params string[] rest) =>
        Golden.Check(golden, CommandRun.Of([verb, _files.Sample(), .. rest]).Worked().Out);

    [Theory]
    [InlineData("diff.txt", "--width", "120", "--modules")]
    [InlineData("diff-80.txt", "--width", "80")]
    [InlineData("diff-colours.txt", "--color", "always", "--width", "120", "--by", "size")]
    [InlineData("diff.json", "--json")]
    public void Two_snapshots_give_the_golden_difference(string golden, params string[] options)
    {
        var file = _files.Save("two.vmatlas", Recording(2));
        Golden.Check(golden, CommandRun.Of(["diff", file, .. options]).Worked().Out);
        Golden.Check(golden, CommandRun.Of(["diff", $"{file}@1", $"{file}@last", .. options]).Worked().Out);
    }

    [Theory]
    [InlineData("timeline.txt", "--width", "100")]
    [InlineData("timeline-colours.txt", "--width", "60", "--color", "always", "--height", "5")]
    [InlineData("timeline-table.txt", "--table", "--by", "private")]
    [InlineData("timeline.csv", "--csv")]
    [InlineData("timeline.json", "--json")]
    public void A_recording_gives_the_golden_timeline(string golden, params string[] options) =>
        Golden.Check(golden, CommandRun.Of(["timeline", _files.Save("long.vmatlas", Recording(6)), .. options]).Worked().Out);

    /// <summary>A program whose heap grows by 20 M a minute and that loads a library in the second.</summary>
    static Snapshot[] Recording(int count) => [.. Enumerable.Range(0, count).Select(minute =>
    {
        var maker = new SnapshotMaker { TakenAt = new DateTimeOffset(2025, 3, 1, 12, minute, 0, TimeSpan.Zero) };
        var size = (ulong)(minute + 1) * 20 * M;
        maker.Add(MemoryType.Image, "/usr/bin/sample", new BlockSpec(0x555555554000, 2 * M) { Access = "r-xp", Name = "/usr/bin/sample", Inode = 11, Resident = 1 * M, Shared = 1 * M });
        maker.Add(MemoryType.Heap, "[heap]", new BlockSpec(0x555556000000, size) { Name = "[heap]", Resident = size - (4 * M) });
        maker.Add(MemoryType.PrivateData, "scratch", new BlockSpec(0x7ffff0000000, 64 * K) { Access = minute == 0 ? "rw-p" : "r--p", Resident = 64 * K });
        if (minute > 0)
            maker.Add(MemoryType.Image, "/lib/libextra.so", new BlockSpec(0x7ffff7000000, 3 * M) { Access = "r-xp", Name = "/lib/libextra.so", Inode = 12, Resident = 2 * M, Shared = 1 * M });
        else
            maker.Add(MemoryType.MappedFile, "/tmp/once", new BlockSpec(0x7ffff6000000, 128 * K) { Access = "r--p", Name = "/tmp/once", Inode = 13, Resident = 16 * K, Shared = 16 * K });
        return maker.Make();
    })];
}
