using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>Single facts as rows: a name, and a text (its number + 1) or, where that is 0, a number. One that is not known has no row.</summary>
sealed class FactWriter(FrameImage frame, StringNumbers strings)
{
    readonly List<(ulong Key, ulong Text, ulong Number)> _rows = [];

    public void Fill(Snapshot snapshot)
    {
        Add(snapshot.Process);
        Add(snapshot.System);
        Number("layout.lowest", snapshot.Layout.Lowest.Value);
        Number("layout.end", snapshot.Layout.End.Value);
        Number("layout.stackGuardGap", snapshot.Layout.StackGuardGap.Bytes);
        Number("layout.granularity", snapshot.Layout.Granularity.Bytes is > 0 and var granularity ? granularity : null);
        Number("pageTables", snapshot.PageTables?.Bytes);
        Number("took", (ulong)Math.Max(0, snapshot.Took.Ticks));
        AddVmFlags(snapshot.Blocks);
        Write();
    }

    void Add(ProcessFacts process)
    {
        Number("process.pid", (ulong)process.Pid);
        Text("process.name", process.Name);
        Text("process.command", process.Command);
        Text("process.executable", process.Executable);
        Text("process.user", process.User);
        Number("process.parentPid", (ulong?)process.ParentPid);
        Number("process.startedAt", process.StartedAt is { } at ? unchecked((ulong)FileTime.Of(at)) : null);
        Number("process.threads", (ulong?)process.Threads);
        Text("process.architecture", process.Architecture);
        Text("process.container", process.Container);
    }

    void Add(SystemFacts system)
    {
        Text("system.kernel", system.Kernel);
        Text("system.host", system.Host);
        Text("system.architecture", system.Architecture);
        Number("system.pageSize", system.PageSize.Bytes);
        Number("system.physicalMemory", system.PhysicalMemory?.Bytes);
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
                Text(FactNames.VmFlag + bit, VmFlags.ToText(1UL << bit));
        }
    }

    void Text(string key, string? text)
    {
        if (text is not null)
            _rows.Add((strings.Of(key), strings.Of(text) + 1, 0));
    }

    void Number(string key, ulong? number)
    {
        if (number is { } n)
            _rows.Add((strings.Of(key), 0, n));
    }

    void Write()
    {
        var table = frame.Reset("facts", _rows.Count);
        var (key, text, number) = (table.Next("key"), table.Next("text"), table.Next("number"));
        var keys = key.Edit();
        var texts = text.Edit();
        var numbers = number.Edit();
        for (var i = 0; i < _rows.Count; i++)
            (keys[i], texts[i], numbers[i]) = _rows[i];
        keys.CopyTo(table.Keys);
        key.Settle();
        text.Settle();
        number.Settle();
        table.End();
    }
}
