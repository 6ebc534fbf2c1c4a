using VmAtlas.Testing;

namespace VmAtlas.Model.Tests.Tracing;

/// <summary>The meaning of a trace in the plainest words, one dictionary after the other: what the store must come to.</summary>
sealed class NaiveTrace
{
    public sealed record Block(ulong Address, ulong Size, uint Site, int Thread, long Time, double Weight)
    {
        public long Bytes => Weight == 1 ? (long)Size : (long)Math.Round(Size * Weight);
    }

    public sealed class Figures
    {
        public long Live, Total, Peak, AtPeak;
        public double LiveCount, TotalCount, Temporary;
    }

    readonly HashSet<uint> _known;
    readonly Dictionary<int, ulong> _last = [];

    public NaiveTrace(RandomTrace trace)
    {
        _known = [.. trace.Nodes.Select(n => n.Id)];
        foreach (var e in trace.Events)
            Apply(e);
    }

    public Dictionary<ulong, Block> Live { get; } = [];

    public Dictionary<uint, Figures> Sites { get; } = [];

    public Dictionary<(uint Site, int Thread), Figures> Threads { get; } = [];

    /// <summary>Each mapped page and who made it.</summary>
    public Dictionary<ulong, (uint Site, long Time)> Pages { get; } = [];

    public long Unknown { get; private set; }

    public long Lost { get; private set; }

    public long PeakBytes { get; private set; }

    public long PeakTime { get; private set; }

    void Apply(TraceEvent e)
    {
        switch (e.Operation)
        {
            case TraceOperation.Free:
                Free(e);
                break;
            case TraceOperation.Allocate or TraceOperation.Resize:
                Allocate(e);
                break;
            case TraceOperation.Map or TraceOperation.AttachShared:
                MapPages(e.Address, e.Size, e);
                break;
            case TraceOperation.Unmap:
                UnmapPages(e.Address, e.Size);
                break;
            case TraceOperation.Remap:
                UnmapPages(e.OldAddress, e.OldSize);
                MapPages(e.Address, e.Size, e);
                break;
            case TraceOperation.MoveBreak when e.Address > e.OldAddress:
                MapPages(e.OldAddress, e.Address - e.OldAddress, e);
                break;
            case TraceOperation.MoveBreak:
                UnmapPages(e.Address, e.OldAddress - e.Address);
                break;
        }
    }

    void Allocate(TraceEvent e)
    {
        if (Live.Remove(e.Address, out var before))
        {
            Take(before, temporary: false);
            Lost += e.Operation == TraceOperation.Allocate ? 1 : 0;
        }
        else if (e.Operation == TraceOperation.Resize)
        {
            Unknown++;
        }
        var block = new Block(e.Address, e.Size, _known.Contains(e.Site) ? e.Site : 0, e.Thread, e.Time, e.Weight);
        Live.Add(e.Address, block);
        foreach (var figures in Of(block))
        {
            figures.Live += block.Bytes;
            figures.Total += block.Bytes;
            figures.LiveCount += e.Weight;
            figures.TotalCount += e.Weight;
            figures.Peak = Math.Max(figures.Peak, figures.Live);
        }
        _last[e.Thread] = e.Address;
        if (Sites.Values.Sum(s => s.Live) is var live && live > PeakBytes)
        {
            (PeakBytes, PeakTime) = (live, e.Time);
            foreach (var figures in Sites.Values.Concat(Threads.Values))
                figures.AtPeak = figures.Live;
        }
    }

    void Free(TraceEvent e)
    {
        if (Live.Remove(e.Address, out var block))
            Take(block, _last.GetValueOrDefault(e.Thread) == e.Address);
        else
            Unknown++;
        _last[e.Thread] = 0;
    }

    void Take(Block block, bool temporary)
    {
        foreach (var figures in Of(block))
        {
            figures.Live -= block.Bytes;
            figures.LiveCount -= block.Weight;
            figures.Temporary += temporary ? block.Weight : 0;
        }
    }

    Figures[] Of(Block block)
    {
        Sites.TryAdd(block.Site, new Figures());
        Threads.TryAdd((block.Site, block.Thread), new Figures());
        return [Sites[block.Site], Threads[(block.Site, block.Thread)]];
    }

    void MapPages(ulong start, ulong size, TraceEvent e)
    {
        for (var page = start; page < start + size; page += 4096)
            Pages[page] = (_known.Contains(e.Site) ? e.Site : 0, e.Time);
    }

    void UnmapPages(ulong start, ulong size)
    {
        for (var page = start; page < start + size; page += 4096)
            Pages.Remove(page);
    }
}
