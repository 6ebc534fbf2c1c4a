using System.Globalization;
using System.Runtime.InteropServices;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Annotators;

/// <summary>Threads tell their stacks by pthread_getattr_np; the map must say the same, to the byte.</summary>
public sealed class StackTests
{
    sealed record Told(int Tid, AddressRange Stack, ulong Guard, string Name)
    {
        public static IReadOnlyList<Told> By(TestTarget target) =>
        [
            .. target.Said["thread"].Select(line =>
            {
                var words = line.Split(' ', 5);
                var start = Convert.ToUInt64(words[1], 16);
                var size = ulong.Parse(words[2], CultureInfo.InvariantCulture);
                return new Told(int.Parse(words[0], CultureInfo.InvariantCulture), AddressRange.Of(start, start + size),
                    ulong.Parse(words[3], CultureInfo.InvariantCulture), words[4]);
            }),
        ];
    }

    [Theory]
    [InlineData(20, "plain")]
    [InlineData(20, "own")]
    [InlineData(21, "mixed")]
    [InlineData(5, "leaderless")]
    [InlineData(1000, "mixed")]
    public void Each_threads_stack_is_a_region_with_its_exact_bounds(int threads, string kind)
    {
        using var target = TestTarget.Start("zoo_threads", $"{threads}", kind);
        var told = Told.By(target);
        told.Count.ShouldBe(threads);
        var snapshot = Zoo.Capture(target);
        Assert.SkipWhen(snapshot.Blocks.Count == 0, "the reader sees nothing of a process whose first thread has ended");
        var found = snapshot.RegionsOf(MemoryType.Stack).Where(r => r.Fact("thread-id") is not null).ToDictionary(r => r.Fact("thread-id")!);
        foreach (var thread in told)
        {
            var region = found[$"{thread.Tid}"];
            // The library counts its guard to the stack or not, by version; the program's own has none.
            var whole = AddressRange.Of(region.Start.Value, thread.Stack.End.Value);
            region.Range().ShouldBe(whole);
            (thread.Stack.Start.Value - region.Start.Value).ShouldBeOneOf(0UL, thread.Guard);
            region.Fact("guard").ShouldBe($"{thread.Guard}");
            region.Details.ShouldBe($"Thread {thread.Tid} ({thread.Name})");
            region.BlockList()[0].Facts.HasFlag(BlockFlags.Guard).ShouldBe(thread.Guard > 0);
        }
    }

    /// <summary>Each says where its control block is (pthread_self) and where a thread-local variable of 6,000 bytes.</summary>
    [Fact]
    public void Control_block_and_thread_local_storage_are_blocks_of_their_stack()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "known for x86-64 only");
        using var target = TestTarget.Start("zoo_threads", "12", "mixed");
        var snapshot = Zoo.Capture(target);
        target.Said["local"].Count().ShouldBe(12);
        foreach (var words in target.Said["local"].Select(l => l.Split(' ')))
        {
            var (self, mark) = (Convert.ToUInt64(words[1], 16), Convert.ToUInt64(words[2], 16));
            var region = snapshot.RegionsOf(MemoryType.Stack).Single(r => r.Fact("thread-id") == words[0]);
            region.Fact("thread-control-block").ShouldBe($"0x{self:x}");
            ulong.Parse(region.Fact("thread-local-storage")!, CultureInfo.InvariantCulture).ShouldBeInRange(self - mark, self - mark + 2048);
            var block = region.BlockList().Single(b => b.Label == "thread control block, thread-local storage");
            (block.Range.Start.Value <= mark, block.Range.Contains(new Address(self)), block.Range.End).ShouldBe((true, true, region.End));
        }
    }

    [Fact]
    public void Stacks_side_by_side_in_one_mapping_are_told_apart_and_measured_by_pages()
    {
        using var target = TestTarget.Start("zoo_threads", "8", "own");
        var snapshot = Zoo.Capture(target);
        var stacks = snapshot.RegionsOf(MemoryType.Stack).Where(r => r.Reason.StartsWith("the control block", StringComparison.Ordinal)).ToList();
        stacks.Count.ShouldBe(8);
        stacks.Sum(s => s.MappingCount).ShouldBeLessThanOrEqualTo(1);
        foreach (var stack in stacks)
            stack.Get(Measure.TotalWs).ShouldBeInRange(4096UL, 64UL << 10);
    }

    [Fact]
    public void How_deep_a_thread_is_and_was_is_said()
    {
        using var target = TestTarget.Start("zoo_threads", "3", "plain");
        target.Stop(); // a thread that runs, if only from one lock to the next, does not tell its stack pointer
        var snapshot = Zoo.Capture(target);
        foreach (var told in Told.By(target))
        {
            var region = snapshot.RegionOf(told.Stack);
            var (depth, highWater) = (ulong.Parse(region.Fact("depth")!, CultureInfo.InvariantCulture), ulong.Parse(region.Fact("high-water")!, CultureInfo.InvariantCulture));
            depth.ShouldBeInRange(512UL, highWater);
            highWater.ShouldBeLessThan(64UL << 10);
            (highWater % 4096).ShouldBe(0UL);
        }
        var main = snapshot.RegionsOf(MemoryType.Stack).Single(r => r.Details.EndsWith(", main", StringComparison.Ordinal));
        main.Fact("growth-limit").ShouldNotBeNull();
        main.Fact("depth").ShouldNotBeNull();
    }

    [Fact]
    public void Stacks_of_ended_threads_that_the_library_keeps_are_stacks()
    {
        using var target = TestTarget.Start("zoo_threads", "10", "ended");
        var snapshot = Zoo.Capture(target);
        var told = Told.By(target);
        var kept = snapshot.RegionsOf(MemoryType.Stack).Where(r => r.Details == "Kept for a new thread").ToList();
        var ended = told.Where(t => int.Parse(t.Name.Split(' ')[1], CultureInfo.InvariantCulture) % 2 == 1);
        kept.Select(r => r.End).ShouldBe(ended.Select(t => t.Stack.End).Order());
    }

    [Fact]
    public void Without_blocks_nothing_is_looked_up_a_thread()
    {
        using var target = TestTarget.Start("zoo_threads", "3", "plain");
        var snapshot = Zoo.Capture(target, CaptureOptions.Quick);
        var stacks = snapshot.RegionsOf(MemoryType.Stack).Where(r => r.Fact("guard") is not null).ToList();
        stacks.Count.ShouldBe(3);
        stacks.ShouldAllBe(s => s.Fact("depth") == null && s.Fact("high-water") == null);
    }
}
