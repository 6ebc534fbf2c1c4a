using VmAtlas.Model;

namespace VmAtlas.Bench;

/// <summary>A large address space as real ones are: libraries of four or five mappings each, thread stacks with guards, and much anonymous memory
/// of uneven size and residency. From a fixed seed.</summary>
sealed class SyntheticProcess(int mappings)
{
    static readonly ulong s_flags = VmFlags.Parse("rd wr mr mw me ac sd");
    static readonly Measure[] s_measures = [.. Enum.GetValues<Measure>().Where(m => m is not (Measure.Size or Measure.ShareableWs))];

    readonly Random _random = new(20261121);
    readonly StringTable _strings = new();
    readonly BlockTable _blocks = new(mappings);
    readonly RegionTable _regions = new();
    ulong _at = 0x7f0000000000;

    public Snapshot Make()
    {
        foreach (var measure in s_measures)
            _blocks.MarkPresent(measure);
        while (_blocks.Count < mappings)
        {
            var kind = _random.Next(10);
            if (kind < 2)
                AddLibrary();
            else if (kind < 3)
                AddStack();
            else
                AddAnonymous();
        }
        return Of(_blocks, DateTimeOffset.UnixEpoch);
    }

    /// <summary>The same process later: a few blocks hold more or less, the counters moved.</summary>
    public Snapshot Later(Snapshot before, int changes, int seconds)
    {
        var blocks = new BlockTable(before.Blocks.Count);
        blocks.AddRows(before.Blocks, 0, before.Blocks.Count);
        for (var i = 0; i < changes; i++)
            SetResidency(blocks, _random.Next(blocks.Count));
        return Of(blocks, DateTimeOffset.UnixEpoch.AddSeconds(seconds));
    }

    Snapshot Of(BlockTable blocks, DateTimeOffset takenAt) => new()
    {
        Process = new ProcessFacts { Pid = 4711, Name = "synthetic", Command = "synthetic --of-a-usual-length", Threads = 12 },
        System = new SystemFacts { Kernel = "Linux 6.18.44" },
        Layout = new AddressSpaceLayout(new Address(65536), new Address(0x7ffffffff000), new ByteSize(1 << 20)),
        TakenAt = takenAt,
        Took = TimeSpan.FromMicroseconds(_random.Next(500, 900)),
        Strings = _strings,
        Blocks = blocks,
        Regions = _regions,
        PageTables = new ByteSize(1 << 20),
        Counters = Enumerable.Range(0, 30).ToDictionary(i => $"Counter{i}", i => i < 6 ? (ulong)_random.Next(1 << 20) << 12 : (ulong)i << 20),
        Annotators = [.. Enumerable.Range(0, 8).Select(i => new AnnotatorReport($"Annotator{i}", true, null, TimeSpan.FromMicroseconds(_random.Next(10, 200))))],
    };

    void AddLibrary()
    {
        var path = _strings.Intern($"/usr/lib/x86_64-linux-gnu/lib{_random.Next(3000)}.so.{_random.Next(9)}");
        var region = _regions.Add(MemoryType.Image, path, _strings.Intern("the loader mapped it: an ELF header and an executable segment"), 0);
        var inode = (ulong)_random.Next(1 << 22);
        var offset = 0UL;
        _at += 4096;
        foreach (var protection in (ReadOnlySpan<Protection>)[Protection.Read, Protection.Read | Protection.Execute, Protection.Read, Protection.Read | Protection.Write])
        {
            var row = Add(region, Pages(1, 200), protection);
            _blocks.SetFile(row, 0xfe00003, inode, offset);
            _blocks.SetName(row, path);
            offset += _blocks.Get(Measure.Size, row);
        }
    }

    void AddStack()
    {
        var region = _regions.Add(MemoryType.Stack, _strings.Intern($"Thread {_random.Next(100000)} (worker)"), _strings.Intern("the thread's stack pointer lies inside"), 1);
        _blocks.SetLabel(Add(region, 4096, Protection.None), _strings.Intern("guard"));
        Add(region, 8 << 20, Protection.Read | Protection.Write);
    }

    void AddAnonymous()
    {
        _at += _random.Next(3) == 0 ? Pages(1, 5000) : 0;
        var region = _regions.Add(MemoryType.PrivateData, 0, _strings.Intern("private memory that no annotator recognised"), 2);
        Add(region, Pages(1, _random.Next(2) == 0 ? 16 : 2000), Protection.Read | (_random.Next(4) == 0 ? 0 : Protection.Write));
    }

    int Add(int region, ulong size, Protection protection)
    {
        var row = _blocks.Add(_at, _at + size);
        _at += size;
        _blocks.SetRegion(row, region);
        _regions.SetSpan(region, _regions.FirstBlocks[region] < 0 ? row : _regions.FirstBlocks[region], row);
        _blocks.SetProtection(row, protection);
        _blocks.SetFlags(row, s_flags);
        SetResidency(_blocks, row);
        return row;
    }

    void SetResidency(BlockTable blocks, int row)
    {
        var size = blocks.Get(Measure.Size, row);
        var (file, accessible) = (blocks.Inodes[row] != 0, blocks.Protections[row].IsAccessible());
        var resident = !accessible ? 0 : _random.Next(3) == 0 ? size : Math.Min(size, Pages(0, 64));
        var own = file ? resident / 8192 * 4096 : resident;
        blocks.Set(Measure.Committed, row, accessible ? size : 0);
        blocks.Set(Measure.Private, row, accessible && !file ? size : own);
        blocks.Set(Measure.TotalWs, row, resident);
        blocks.Set(Measure.PrivateWs, row, own);
        blocks.Set(Measure.Uss, row, own);
        blocks.Set(Measure.Anonymous, row, own);
        blocks.Set(Measure.Dirty, row, own);
        blocks.Set(Measure.Referenced, row, resident);
        blocks.Set(Measure.SharedWs, row, resident - own);
        blocks.Set(Measure.Pss, row, own + (resident - own) / 7 / 1024 * 1024);
    }

    ulong Pages(int from, int below) => (ulong)_random.Next(from, below) << 12;
}
