using System.Globalization;
using VmAtlas.Capture.Linux.Annotators;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Annotators;

/// <summary>Captures of the programs of <c>tests/targets/zoo_*.c</c>, and what they say of themselves.</summary>
static class Zoo
{
    /// <summary>The snapshot, after every law was checked on it.</summary>
    public static Snapshot Capture(int pid, CaptureOptions? options = null)
    {
        using var target = new LinuxTarget(pid);
        var snapshot = new CapturePipeline(target, LinuxAnnotators.All, options: options).Capture();
        Laws.Check(snapshot).ShouldBeEmpty();
        snapshot.Annotators.Where(a => !a.Ran).Select(a => $"{a.Name}: {a.WhyNot}").ShouldBeEmpty();
        return snapshot;
    }

    public static Snapshot Capture(TestTarget target, CaptureOptions? options = null) => Capture(target.Pid, options);

    /// <summary>The ranges said under a key: "address size".</summary>
    public static IEnumerable<AddressRange> Ranges(this TestTarget target, string key) => target.Said[key].Select(value =>
    {
        var words = value.Split(' ');
        var start = Convert.ToUInt64(words[0], 16);
        return AddressRange.Of(start, start + ulong.Parse(words[1], CultureInfo.InvariantCulture));
    });

    public static AddressRange Range(this TestTarget target, string key) => target.Ranges(key).Single();

    /// <summary>The region that holds an address that the target named.</summary>
    public static Region RegionOf(this Snapshot snapshot, AddressRange range) => snapshot.Find(range.Start).ShouldNotBeNull();

    public static AddressRange Range(this Region region) => new(region.Start, region.End);

    public static string? Fact(this Region region, string key) =>
        region.Facts.Where(f => f.Key == key).Select(f => f.Value).SingleOrDefault();

    public static IEnumerable<Region> RegionsOf(this Snapshot snapshot, MemoryType type) =>
        Enumerable.Range(0, snapshot.Regions.Count).Select(snapshot.RegionAt).Where(r => r.Type == type);

    public static List<Block> BlockList(this Region region)
    {
        var blocks = new List<Block>();
        foreach (var block in region.Blocks)
            blocks.Add(block);
        return blocks;
    }
}
