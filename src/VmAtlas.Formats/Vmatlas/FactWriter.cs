using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>The facts of a snapshot by name. <see cref="FactReader"/> is its mirror.</summary>
sealed class FactWriter(FrameImage frame, StringNumbers strings)
{
    readonly FactRows _rows = new(strings);

    public void Fill(Snapshot snapshot)
    {
        Add(snapshot.Process);
        Add(snapshot.System);
        _rows.Number("layout.lowest", snapshot.Layout.Lowest.Value);
        _rows.Number("layout.end", snapshot.Layout.End.Value);
        _rows.Number("layout.stackGuardGap", snapshot.Layout.StackGuardGap.Bytes);
        _rows.Number("layout.granularity", snapshot.Layout.Granularity.Bytes is > 0 and var granularity ? granularity : null);
        _rows.Number("pageTables", snapshot.PageTables?.Bytes);
        _rows.Number("took", (ulong)Math.Max(0, snapshot.Took.Ticks));
        AddVmFlags(snapshot.Blocks);
        _rows.Write(frame, "facts");
    }

    void Add(ProcessFacts process)
    {
        _rows.Number("process.pid", (ulong)process.Pid);
        _rows.Text("process.name", process.Name);
        _rows.Text("process.command", process.Command);
        _rows.Text("process.executable", process.Executable);
        _rows.Text("process.user", process.User);
        _rows.Number("process.parentPid", (ulong?)process.ParentPid);
        _rows.Number("process.startedAt", process.StartedAt is { } at ? unchecked((ulong)FileTime.Of(at)) : null);
        _rows.Number("process.threads", (ulong?)process.Threads);
        _rows.Text("process.architecture", process.Architecture);
        _rows.Text("process.container", process.Container);
    }

    void Add(SystemFacts system)
    {
        _rows.Text("system.kernel", system.Kernel);
        _rows.Text("system.host", system.Host);
        _rows.Text("system.architecture", system.Architecture);
        _rows.Number("system.pageSize", system.PageSize.Bytes);
        _rows.Number("system.physicalMemory", system.PhysicalMemory?.Bytes);
    }

    /// <summary>The kernel's two letters for each bit that a block of this snapshot has: bits of codes unknown to this build differ by run.</summary>
    void AddVmFlags(BlockTable blocks)
    {
        var all = 0UL;
        foreach (var flags in blocks.Flags)
            all |= flags;
        for (var bit = 0; bit < 64; bit++)
        {
            if ((all >> bit & 1) != 0)
                _rows.Text(FactNames.VmFlag + bit, VmFlags.ToText(1UL << bit));
        }
    }
}
