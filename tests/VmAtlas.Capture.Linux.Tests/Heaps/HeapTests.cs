using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Heaps;

/// <summary>Our report on a program's heap against what its own malloc says of it.</summary>
public sealed class HeapTests
{
    static readonly HeapReadOptions s_full = new() { Chunks = true, Residency = true };

    internal static HeapReport Read(int pid, HeapReadOptions? options = null)
    {
        using var target = new LinuxTarget(pid);
        var (mappings, strings) = (new BlockTable(), new StringTable());
        target.ReadMappings(mappings, strings, []);
        return GlibcHeapReader.Read(mappings, strings, target, options ?? s_full).ShouldNotBeNull();
    }

    internal static HeapTotals Said(TestTarget target)
    {
        ulong Of(string key) => ulong.Parse(target.Said[key].Single());
        return new HeapTotals(Of("arena"), Of("ordblks"), Of("smblks"), Of("hblks"), Of("hblkhd"), Of("fsmblks"), Of("uordblks"),
            Of("fordblks"), Of("keepcost"));
    }

    [Theory]
    [InlineData("untouched")]
    [InlineData("plain")]
    [InlineData("arenas")]
    [InlineData("shared")]
    [InlineData("fastbins")]
    [InlineData("large-arena")]
    [InlineData("mapped")]
    [InlineData("trimmed")]
    [InlineData("foreign")]
    [InlineData("aligned")]
    [InlineData("no-break")]
    [InlineData("big")]
    [InlineData("big-freed")]
    public void Totals_are_those_of_the_targets_own_mallinfo2(string shape)
    {
        using var target = TestTarget.Start("heap_shapes", shape);
        var report = Read(target.Pid);
        report.Problems.ShouldBeEmpty();
        report.Totals.ShouldBe(Said(target));
        report.Approximate.ShouldBeFalse();
    }

    /// <summary>libc's own blocks are in use too: each thread's cache and its table of thread-local storage, and a few of the main thread.</summary>
    [Theory]
    [InlineData("plain")]
    [InlineData("arenas")]
    [InlineData("shared")]
    [InlineData("fastbins")]
    [InlineData("mapped")]
    [InlineData("trimmed")]
    [InlineData("big-freed")]
    public void In_use_is_what_the_program_holds_and_a_few_blocks_of_the_library(string shape)
    {
        using var target = TestTarget.Start("heap_shapes", shape);
        var report = Read(target.Pid);
        var (blocks, usable) = (ulong.Parse(target.Said["blocks"].Single()), ulong.Parse(target.Said["usable"].Single()));
        var threads = ulong.Parse(target.Said["threads"].Single());
        report.InUse.Chunks.ShouldBeInRange(blocks, blocks + 3 * threads + 8);
        report.Usable.ShouldBeInRange(usable, usable + 2000 * (threads + 1));
    }

    [Theory]
    [InlineData("arenas")]
    [InlineData("shared")]
    [InlineData("trimmed")]
    [InlineData("mapped")]
    public void Every_byte_of_an_arena_is_in_use_free_or_overhead(string shape)
    {
        using var target = TestTarget.Start("heap_shapes", shape);
        var report = Read(target.Pid);
        foreach (var arena in report.Arenas)
        {
            var told = arena.InUse.Bytes + arena.AllFree.Bytes + arena.Top + arena.Unknown;
            var overhead = arena.System - told;
            // Headers of the arena and of its heaps, and fences where a heap ends before the arena does.
            told.ShouldBeLessThanOrEqualTo(arena.System);
            overhead.ShouldBeLessThanOrEqualTo(2300 + 200 * (ulong)arena.Heaps.Count);
            arena.Unknown.ShouldBe(0UL);
        }
    }

    [Fact]
    public void Chunks_and_histogram_add_up_to_the_totals()
    {
        using var target = TestTarget.Start("heap_shapes", "shared");
        var report = Read(target.Pid);
        var chunks = report.Chunks.ShouldNotBeNull();
        var (counts, bytes) = (new ulong[ChunkStates.Count], new ulong[ChunkStates.Count]);
        for (var i = 0; i < chunks.Count; i++)
        {
            counts[(int)chunks.StateOf(i)]++;
            bytes[(int)chunks.StateOf(i)] += chunks.SizeOf(i);
            if (i > 0)
                chunks.AddressOf(i - 1).ShouldBeLessThan(chunks.AddressOf(i));
        }
        bytes[(int)ChunkState.InUse].ShouldBe(report.InUse.Bytes - report.Mapped.Bytes);
        counts[(int)ChunkState.FastBin].ShouldBe(report.Totals.SmBlks);
        bytes[(int)ChunkState.FastBin].ShouldBe(report.Totals.FsmBlks);
        counts[(int)ChunkState.Top].ShouldBe((ulong)report.Arenas.Count);
        counts[(int)ChunkState.Free].ShouldBe(report.Totals.OrdBlks - (ulong)report.Arenas.Count);
        bytes[(int)ChunkState.ThreadCache].ShouldBe(report.Arenas.Aggregate(0UL, (sum, a) => sum + a.ThreadCaches.Bytes));
        var (used, free) = (0UL, 0UL);
        foreach (var row in report.Sizes.Rows)
            (used, free) = (used + row.Used, free + row.Free);
        used.ShouldBe(report.InUse.Chunks);
        free.ShouldBe(counts[(int)ChunkState.Free] + counts[(int)ChunkState.FastBin] + counts[(int)ChunkState.ThreadCache]);
    }

    [Fact]
    public void Malloc_trim_gives_back_what_was_foretold()
    {
        using var target = TestTarget.Start("heap_shapes", "trimmable");
        var before = Read(target.Pid);
        var foretold = before.Arenas.Aggregate(0UL, (sum, a) => sum + a.TrimmableResident!.Value);
        var resident = Anonymous(target.Pid);
        target.Input.WriteLine("trim");
        target.Input.Flush();
        target.Output.ReadLine().ShouldBe("trimmed");
        var given = resident - Anonymous(target.Pid);
        // malloc_trim merges the fastbins first and so may find a few pages more.
        given.ShouldBeInRange(foretold * 9 / 10, foretold * 11 / 10);
        foretold.ShouldBeGreaterThan(1UL << 20);
    }

    [Fact]
    public void A_damaged_size_is_named_and_the_rest_of_the_heap_is_still_told()
    {
        using var target = TestTarget.Start("heap_shapes", "corrupt");
        var report = Read(target.Pid);
        report.Approximate.ShouldBeTrue();
        report.Problems.ShouldContain(p => p.Id == "heap-chunk" && p.Message.Contains(target.Address("corrupt").ToString("x16")));
        report.InUse.Chunks.ShouldBeInRange(3990UL, 4010UL);
        report.Arenas[0].Unknown.ShouldBe(208UL);
    }

    [Fact]
    public void A_running_target_is_read_without_harm_and_the_report_says_that_it_moved()
    {
        using var target = TestTarget.Start("heap_shapes", "live");
        var moved = 0;
        for (var i = 0; i < 20; i++)
        {
            var report = Read(target.Pid);
            report.InUse.Bytes.ShouldBeLessThanOrEqualTo(report.Totals.Arena + report.Totals.HBlkHd + (64 << 20));
            moved += report.Approximate ? 1 : 0;
        }
        moved.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Arenas_are_found_by_mappings_read_before_the_heaps_grew_and_became_more()
    {
        using var program = TestTarget.Start("heap_grows");
        using var target = new LinuxTarget(program.Pid);
        var (mappings, strings) = (new BlockTable(), new StringTable());
        target.ReadMappings(mappings, strings, []);
        program.Input.WriteLine("grow");
        program.Output.ReadLine().ShouldBe("grown");
        var found = GlibcArenas.Find(mappings, strings, target).ShouldNotBeNull();
        found.Arenas.Count.ShouldBe(4);
        foreach (var block in program.Said["block"].Select(b => new Address(Convert.ToUInt64(b.Split(' ')[0], 16))))
            found.Arenas.SelectMany(a => a.Heaps).Count(h => h.Range.Contains(block)).ShouldBe(1);
        found.Problems.Count(p => p.Id == "heap-new-arena").ShouldBe(2);
        found.Problems.Count.ShouldBe(2);
        GlibcHeapReader.Read(mappings, strings, target, s_full).ShouldNotBeNull().Approximate.ShouldBeTrue();
    }

    /// <summary>Of smaps_rollup: the counters of statm lag behind by some pages a core.</summary>
    /// <summary>Without pages of files, which the kernel takes away as it likes and malloc_trim's own code brings in.</summary>
    static ulong Anonymous(int pid)
    {
        var line = File.ReadLines($"/proc/{pid}/smaps_rollup").Single(l => l.StartsWith("Anonymous:", StringComparison.Ordinal));
        return ulong.Parse(line["Anonymous:".Length..^" kB".Length]) << 10;
    }
}
