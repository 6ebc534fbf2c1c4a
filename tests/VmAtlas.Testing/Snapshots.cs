using VmAtlas.Model;

namespace VmAtlas.Testing;

/// <summary>Made-up snapshots that many tests share.</summary>
public static class Snapshots
{
    const ulong K = 1024, M = 1024 * K;

    /// <summary>A small program with a region of every type: 11 regions, 18 blocks, a hole in an image that a file mapping uses.</summary>
    public static SnapshotMaker Sample() => new SnapshotMaker()
        .Add(MemoryType.Image, "/usr/bin/sample", "an ELF object mapped by the loader", [("build-id", "c0ffee")],
            Of("/usr/bin/sample", 11, new BlockSpec(0x555555554000, 4 * K) { Access = "r--p", Label = "headers", Resident = 4 * K, Shared = 4 * K }),
            Of("/usr/bin/sample", 11, new BlockSpec(0x555555555000, 32 * K) { Access = "r-xp", Label = ".text", Resident = 28 * K, Shared = 28 * K, Offset = 0x1000 }),
            Of("/usr/bin/sample", 11, new BlockSpec(0x55555555d000, 8 * K) { Label = ".data", Resident = 8 * K, Own = 4 * K, Offset = 0x9000 }),
            new BlockSpec(0x55555555f000, 4 * K) { Label = ".bss", Resident = 4 * K, Facts = BlockFlags.StartsMapping })
        .Add(MemoryType.Heap, "[heap]", "the brk heap", [("arena", "main")], new BlockSpec(0x555555580000, 132 * K) { Name = "[heap]", Resident = 100 * K, Swap = 8 * K })
        .Add(MemoryType.Heap, "glibc arena 1", "a heap_info lies at its start", [("arena", "1")],
            new BlockSpec(0x7fffe0000000, 1 * M) { Resident = 300 * K },
            new BlockSpec(0x7fffe0100000, 63 * M) { Access = "---p", Flags = "mr mw me nr", Label = "reserved" })
        .Add(MemoryType.ManagedHeap, "GC heap", "the runtime says so", [], new BlockSpec(0x7fffe8000000, 16 * M) { Resident = 6 * M, Label = "gen 0" })
        .Add(MemoryType.Stack, "thread 4712 (worker)", "thread 4712's control block lies inside", [("thread-id", "4712"), ("stack-depth", "8192")],
            new BlockSpec(0x7ffff0000000, 4 * K) { Access = "---p", Flags = "mr mw me", Label = "guard", Facts = BlockFlags.StartsMapping | BlockFlags.Guard },
            new BlockSpec(0x7ffff0001000, 8 * M) { Resident = 24 * K })
        .Add(MemoryType.Image, "/lib/libc.so.6", "an ELF object mapped by the loader", [("build-id", "beef")],
            Of("/lib/libc.so.6", 12, new BlockSpec(0x7ffff7c00000, 160 * K) { Access = "r--p", Label = ".rodata", Resident = 160 * K, Shared = 160 * K }),
            Of("/lib/libc.so.6", 12, new BlockSpec(0x7ffff7c28000, 1600 * K) { Access = "r-xp", Label = ".text", Resident = 900 * K, Shared = 900 * K, Offset = 0x28000 }),
            Of("/lib/libc.so.6", 12, new BlockSpec(0x7ffff7e00000, 24 * K) { Label = ".data", Resident = 24 * K, Own = 24 * K, Offset = 0x1d0000 }))
        .Add(MemoryType.MappedFile, "/usr/share/locale/locale-archive", "a mapping of a file that is not an executable image", [],
            Of("/usr/share/locale/locale-archive", 13, new BlockSpec(0x7ffff7dc0000, 256 * K) { Access = "r--p", Resident = 64 * K, Shared = 64 * K }))
        .Add(MemoryType.Shareable, "memfd:frames", "shared memory without a file", [],
            new BlockSpec(0x7ffff7f00000, 512 * K)
            {
                Access = "rw-s", Name = "/memfd:frames (deleted)", Flags = "rd wr sh mr mw me ms", Inode = 1027, Device = 1, Resident = 512 * K, Shared = 256 * K,
                Facts = BlockFlags.StartsMapping | BlockFlags.Deleted,
            })
        .Add(MemoryType.PrivateData, "", "private memory that no annotator recognised", [],
            new BlockSpec(0x7ffff7fa0000, 12 * K) { Flags = "rd wr mr mw me lo ac", Resident = 12 * K, Measures = new Dictionary<Measure, ulong> { [Measure.LockedWs] = 12 * K } })
        .Add(MemoryType.Stack, "main thread", "the kernel names it [stack]", [("thread-id", "4711")],
            new BlockSpec(0x7ffffffde000, 132 * K) { Name = "[stack]", Flags = "rd wr mr mw me gd ac", Resident = 16 * K })
        .Add(MemoryType.Image, "[vdso]", "code the kernel lends every process", [], new BlockSpec(0x7ffff7fc1000, 8 * K)
        {
            Name = "[vdso]", Access = "r-xp", Flags = "rd ex mr mw me de", Resident = 4 * K, Own = 0, Shared = 4 * K,
        });

    /// <summary>A random address space that obeys the laws: the same for the same seed.</summary>
    public static SnapshotMaker Random(int seed, int regions)
    {
        var random = new Random(seed);
        var maker = new SnapshotMaker { PageTables = new ByteSize(Pages(64)) };
        var at = 0x10000UL + Pages(100);
        for (var r = 0; r < regions; r++)
        {
            var blocks = new BlockSpec[random.Next(1, 4)];
            for (var b = 0; b < blocks.Length; b++)
            {
                var size = Pages(64) + 4 * K;
                blocks[b] = RandomBlock(random, at, size);
                at += size + (random.Next(3) == 0 ? Pages(1000) : 0);
            }
            var type = (MemoryType)random.Next((int)MemoryType.PageTable);
            var facts = random.Next(4) == 0 ? new[] { ("thread-id", $"{random.Next(100)}") } : [];
            maker.Add(type, $"{type} {random.Next(regions / 4 + 1)}", $"rule {random.Next(5)}", facts, blocks);
        }
        return maker;

        ulong Pages(int most) => (ulong)random.Next(most) * 4 * K;
    }

    /// <summary>So many regions of one block, with two thousand names: for benchmarks.</summary>
    public static Snapshot Large(int seed, int regions)
    {
        var random = new Random(seed);
        var maker = new SnapshotMaker();
        var at = 0x100000UL;
        for (var i = 0; i < regions; i++)
        {
            var size = (ulong)random.Next(1, 16) * 4 * K;
            var details = random.Next(3) == 0 ? "" : $"/lib/lib{random.Next(2000)}.so";
            maker.Add((MemoryType)random.Next((int)MemoryType.PageTable), details, new BlockSpec(at, size) { Resident = size / (8 * K) * 4 * K });
            at += size + (i % 5 == 0 ? (ulong)random.Next(100) * 4 * K : 0);
        }
        return maker.MakeUnchecked();
    }

    static BlockSpec RandomBlock(Random random, ulong start, ulong size)
    {
        var resident = Part(size);
        var shared = Part(resident);
        return new BlockSpec(start, size)
        {
            Access = ((string[])["rw-p", "r--p", "r-xp", "---p", "rw-s"])[random.Next(5)],
            Name = random.Next(2) == 0 ? "" : $"/lib/lib{random.Next(20)}.so",
            Label = random.Next(3) == 0 ? $".s{random.Next(4)}" : "",
            Inode = (ulong)random.Next(3),
            Resident = resident, Shared = shared, Own = Part(resident - shared), Swap = Part(size - resident),
        };

        ulong Part(ulong whole) => (ulong)random.Next((int)(whole / (4 * K)) + 1) * 4 * K;
    }

    static BlockSpec Of(string path, ulong inode, BlockSpec block) => block with { Name = path, Inode = inode, Device = 0xfe00001 };
}
