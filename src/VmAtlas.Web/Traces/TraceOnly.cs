using VmAtlas.Model;

namespace VmAtlas.Web.Traces;

/// <summary>What the window shows of a file that has traces and no memory map: the program ended before its map was read.</summary>
static class TraceOnly
{
    /// <summary>A snapshot of nothing, which says so.</summary>
    public static Snapshot SnapshotOf(TraceProcess process) => new()
    {
        Process = new ProcessFacts { Pid = process.Pid, Name = NameOf(process.Command), Command = process.Command },
        System = new SystemFacts { Kernel = "not known" },
        TakenAt = process.Began,
        Layout = new AddressSpaceLayout(default, default, default),
        Strings = new StringTable(),
        Blocks = new BlockTable(),
        Regions = new RegionTable(),
        Problems = [new Problem("no-map", "the file has a trace and no memory map: the program ended before its map was read")],
    };

    static string NameOf(string command)
    {
        var program = command.Split(' ', 2)[0];
        return program[(program.LastIndexOf('/') + 1)..];
    }
}
