using VmAtlas.Model;

namespace VmAtlas.Formats.Tests;

/// <summary>Snapshots like a process's, made by chance from a seed, and later ones that differ from them as a process differs from itself.</summary>
sealed class RandomSnapshots(int seed)
{
    sealed record Row(ulong Start, ulong Size, MemoryType Type, string Name, string Label, int SameAs, ulong[] Measures, ulong Inode, ulong Flags);

    readonly Random _random = new(seed);
    readonly StringTable _strings = new();
    readonly List<Row> _rows = [];
    DateTimeOffset _at = new(2026, 11, 21, 4, 0, 0, TimeSpan.Zero);

    static readonly Measure[] s_measures = [.. Enum.GetValues<Measure>().Where(m => m is not (Measure.Size or Measure.ShareableWs))];

    /// <summary>Measures that the source knows; the others are absent.</summary>
    public HashSet<Measure> Known { get; } = [.. s_measures];

    public bool KnowsPageTables { get; init; } = true;

    /// <summary>A first address space with so many blocks.</summary>
    public RandomSnapshots With(int blocks)
    {
        var at = 0x10000UL;
        for (var i = 0; i < blocks; i++)
        {
            at += _random.Next(4) == 0 ? Pages(1, 1 << 20) : 0;
            var row = NewRow(at);
            _rows.Add(row);
            at += row.Size;
        }
        return this;
    }

    /// <summary>What happens between two snapshots: values change, mappings come and go.</summary>
    public RandomSnapshots Age(int changes)
    {
        for (var i = 0; i < changes && _rows.Count > 2; i++)
        {
            var at = _random.Next(_rows.Count);
            var gap = at == 0 ? 0 : _rows[at].Start - (_rows[at - 1].Start + _rows[at - 1].Size);
            switch (_random.Next(6))
            {
                case 0:
                    _rows.RemoveAt(at);
                    break;
                case 1 when gap > 4096:
                    _rows.Insert(at, NewRow(_rows[at].Start - gap) with { Size = 4096, Measures = new ulong[s_measures.Length] });
                    break;
                default:
                    _rows[at] = _rows[at] with { Measures = NewMeasures(_rows[at].Size) };
                    break;
            }
        }
        return this;
    }

    public Snapshot Take()
    {
        var (blocks, regions) = (new BlockTable(), new RegionTable());
        foreach (var measure in Known)
            blocks.MarkPresent(measure);
        foreach (var row in _rows)
            Add(row, blocks, regions);
        if (regions.Count > 1)
        {
            regions.AddFact(new RegionFact(0, _strings.Intern("build-id"), _strings.Intern("c0ffee")));
            regions.AddFact(new RegionFact(regions.Count - 1, _strings.Intern("thread-id"), _strings.Intern("4711")));
        }
        _at += TimeSpan.FromMilliseconds(_random.Next(1, 5000));
        return new Snapshot
        {
            Process = new ProcessFacts { Pid = 4711, Name = "maker", Command = "maker --fast", User = null, Threads = 3, StartedAt = _at.AddHours(-1) },
            System = new SystemFacts { Kernel = "Linux 6.18.44", Host = "desk", PhysicalMemory = ByteSize.FromKib(16 << 20) },
            Layout = new AddressSpaceLayout(new Address(65536), new Address(0x7ffffffff000), new ByteSize(1 << 20)),
            TakenAt = _at,
            Took = TimeSpan.FromMicroseconds(_random.Next(100, 9000)),
            Strings = _strings,
            Blocks = blocks,
            Regions = regions,
            PageTables = KnowsPageTables ? new ByteSize((ulong)_random.Next(10, 20) << 12) : null,
            Counters = new Dictionary<string, ulong> { ["VmSize"] = (ulong)_random.Next() << 10, ["RssAnon"] = (ulong)_random.Next(9) << 10 },
            Annotators =
            [
                new AnnotatorReport("Image", true, null, TimeSpan.FromMicroseconds(_random.Next(500))),
                new AnnotatorReport("Stack", false, "not permitted", TimeSpan.FromMicroseconds(7)),
            ],
            Problems = _random.Next(2) == 0 ? [] : [new Problem("pagemap-denied", "the pages could not be read: needs CAP_SYS_ADMIN")],
        };
    }

    void Add(Row row, BlockTable blocks, RegionTable regions)
    {
        var i = blocks.Add(row.Start, row.Start + row.Size);
        blocks.SetFile(i, row.Inode == 0 ? 0 : 0xfe00003u, row.Inode, row.Inode == 0 ? 0 : row.Start & 0xfff000);
        blocks.SetName(i, _strings.Intern(row.Name));
        blocks.SetLabel(i, _strings.Intern(row.Label));
        blocks.SetProtection(i, (Protection)(row.Size >> 12 & 15));
        blocks.SetFlags(i, row.Flags);
        blocks.SetFacts(i, (BlockFlags)(1 + (row.Size >> 12 & 8)));
        blocks.SetPages(i, (row.Size & 0x1fffff) == 0 ? (byte)21 : (byte)12, (byte)(row.Inode & 15));
        for (var m = 0; m < s_measures.Length; m++)
        {
            if (Known.Contains(s_measures[m]))
                blocks.Set(s_measures[m], i, row.Measures[m]);
        }
        var region = row.SameAs == 0 || regions.Count == 0
            ? regions.Add(row.Type, _strings.Intern(row.Name), _strings.Intern("made by chance"), (byte)(row.SameAs & 1))
            : regions.Count - 1 - Math.Min(row.SameAs, regions.Count) / 2;
        blocks.SetRegion(i, region);
        regions.SetSpan(region, regions.FirstBlocks[region] < 0 ? i : regions.FirstBlocks[region], i);
    }

    Row NewRow(ulong start)
    {
        var size = Pages(1, _random.Next(2) == 0 ? 8 : 4096);
        var file = _random.Next(3) > 0;
        var name = file ? $"/usr/lib/lib{_random.Next(40)}.so" : _random.Next(3) == 0 ? "[heap]" : "";
        var label = _random.Next(4) == 0 ? ".text" : "";
        return new Row(start, size, (MemoryType)_random.Next(7), name, label, _random.Next(3) == 0 ? _random.Next(4) : 0, NewMeasures(size),
            file ? (ulong)_random.Next(1, 1 << 20) : 0, VmFlags.Parse("rd mr mw me") | (_random.Next(2) == 0 ? VmFlags.Accounted : 0));
    }

    /// <summary>Values that keep the laws: Private WS in Total WS in Size, and so on.</summary>
    ulong[] NewMeasures(ulong size)
    {
        var values = new ulong[s_measures.Length];
        var resident = Pages(0, (int)(size >> 12) + 1);
        var own = _random.Next(2) == 0 ? 0 : resident / 4096 / 2 * 4096;
        for (var m = 0; m < values.Length; m++)
        {
            values[m] = s_measures[m] switch
            {
                Measure.Committed or Measure.Private => size,
                Measure.TotalWs or Measure.Referenced => resident,
                Measure.PrivateWs or Measure.Uss or Measure.Anonymous => own,
                Measure.SharedWs => resident - own,
                Measure.Pss => own + (resident - own) / 3 / 1024 * 1024,
                Measure.Swap => _random.Next(20) == 0 ? size - resident : 0,
                _ => 0,
            };
        }
        return values;
    }

    ulong Pages(int from, int below) => (ulong)_random.Next(from, below) << 12;
}
