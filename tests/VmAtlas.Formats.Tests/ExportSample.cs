using VmAtlas.Model;

namespace VmAtlas.Formats.Tests;

/// <summary>One small snapshot with everything an export must cope with; golden files are made of it.</summary>
static class ExportSample
{
    public static Snapshot Make()
    {
        var (strings, blocks, regions) = (new StringTable(), new BlockTable(), new RegionTable());
        foreach (var measure in (ReadOnlySpan<Measure>)[Measure.Committed, Measure.Private, Measure.TotalWs, Measure.PrivateWs, Measure.SharedWs, Measure.LockedWs, Measure.Pss])
            blocks.MarkPresent(measure);
        Region(MemoryType.Image, "/usr/lib/libx \"quoted\", with comma.so", "its ELF header is mapped");
        Block(0x400000, 8, "/usr/lib/libx \"quoted\", with comma.so", "header", Protection.Read, committed: 8, own: 0, ws: 8, ownWs: 0);
        Block(0x402000, 1200, "/usr/lib/libx \"quoted\", with comma.so", ".text", Protection.Read | Protection.Execute, committed: 1200, own: 0, ws: 900, ownWs: 0);
        Region(MemoryType.Heap, "[heap]", "the kernel says so");
        Block(0x600000, 1048576, "[heap]", "", Protection.Read | Protection.Write, committed: 1048576, own: 1048576, ws: 2000, ownWs: 2000);
        Region(MemoryType.PrivateData, "=cmd|'/c calc'!A1 \x1b[31mred\u202e\n", "nobody claimed it");
        Block(0x50000000, 4, "", "", Protection.None, committed: 0, own: 0, ws: 0, ownWs: 0);
        Region(MemoryType.Stack, "Thread 4711 (main)", "the kernel says so");
        blocks.SetFlags(Block(0x7ffffff00000, 132, "[stack]", "", Protection.Read | Protection.Write, committed: 132, own: 132, ws: 16, ownWs: 16), VmFlags.GrowsDown);
        regions.AddFact(new RegionFact(3, strings.Intern("thread-id"), strings.Intern("4711")));
        return new Snapshot
        {
            Process = new ProcessFacts { Pid = 4711, Name = "sample", Command = "sample --fast", Threads = 1, User = "nobody" },
            System = new SystemFacts { Kernel = "Linux 6.18.44", Host = "desk" },
            Layout = new AddressSpaceLayout(new Address(65536), new Address(0x7ffffffff000), new ByteSize(1 << 20)),
            TakenAt = new DateTimeOffset(2026, 11, 21, 4, 0, 0, TimeSpan.Zero),
            Took = TimeSpan.FromMilliseconds(1.5),
            Strings = strings,
            Blocks = blocks,
            Regions = regions,
            PageTables = new ByteSize(84 << 10),
            Counters = new Dictionary<string, ulong> { ["VmSize"] = 1234 << 10 },
            Annotators = [new AnnotatorReport("Image", true, null, TimeSpan.FromMilliseconds(0.25)), new AnnotatorReport("Stack", false, "needs CAP_SYS_PTRACE", default)],
            Problems = [new Problem("pagemap-denied", "the pages could not be read")],
        };

        void Region(MemoryType type, string details, string reason) =>
            regions.Add(type, strings.Intern(details), strings.Intern(reason), 0);

        int Block(ulong start, ulong kib, string name, string label, Protection protection, ulong committed, ulong own, ulong ws, ulong ownWs)
        {
            var i = blocks.Add(start, start + (kib << 10));
            var region = regions.Count - 1;
            blocks.SetRegion(i, region);
            regions.SetSpan(region, regions.FirstBlocks[region] < 0 ? i : regions.FirstBlocks[region], i);
            blocks.SetName(i, strings.Intern(name));
            blocks.SetLabel(i, strings.Intern(label));
            blocks.SetProtection(i, protection);
            if (name.StartsWith('/'))
                blocks.SetFile(i, 0xfe00003, 1234, start - 0x400000);
            blocks.Set(Measure.Committed, i, committed << 10);
            blocks.Set(Measure.Private, i, own << 10);
            blocks.Set(Measure.TotalWs, i, ws << 10);
            blocks.Set(Measure.PrivateWs, i, ownWs << 10);
            blocks.Set(Measure.SharedWs, i, (ws - ownWs) << 9);
            blocks.Set(Measure.Pss, i, ws << 9);
            return i;
        }
    }
}
