using VmAtlas.Capture.Linux.Memory;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Odd;

/// <summary>Pages that the kernel moves from frame to frame are in memory all the while.</summary>
[Collection(ChangedMachine.Name)]
public sealed class MovingPageTests
{
    const string Compact = "/proc/sys/vm/compact_memory";

    /// <summary>Words as they were read: of pages being moved, in swap, at a guard marker, and present.</summary>
    [Theory]
    [InlineData(0x40000000026345be, true)]
    [InlineData(0x4000000002681f3e, true)]
    [InlineData(0x4000000000012340, false)]
    [InlineData(0x440000000000001f, false)]
    [InlineData(0x400000000000001f, false)]
    [InlineData(0x81000000001a2b1e, false)]
    public void A_page_on_the_move_is_told_from_one_in_swap(ulong word, bool moving) => PageWords.IsMoving(word).ShouldBe(moving);

    [Fact]
    public void Memory_is_read_and_counted_while_the_kernel_moves_it()
    {
        Assert.SkipUnless(File.Exists(Compact) && Environment.IsPrivilegedProcess, "needs a kernel that compacts memory when it is told to, and root");
        using var program = TestTarget.Start("heap_shapes", "big");
        using var target = new LinuxTarget(program.Pid);
        var (mappings, strings) = (new BlockTable(), new StringTable());
        target.ReadMappings(mappings, strings, []);
        var row = Enumerable.Range(0, mappings.Count).Single(i => strings[mappings.Names[i]] == "[heap]");
        // What the heap's end was not touched yet stays absent.
        var range = AddressRange.Of(mappings.Starts[row], mappings.Ends[row] - (1 << 20));
        var bytes = new byte[range.Size.Bytes];
        using var stop = new CancellationTokenSource();
        var compacting = Task.Run(() => CompactUntil(stop.Token));
        for (var i = 0; i < 30; i++)
        {
            // As a capture begins: pages are waited for a while in each, not for ever.
            target.ReadMappings(new BlockTable(), new StringTable(), []);
            target.Read(range.Start, bytes).ShouldBe(bytes.Length);
            target.TryTally(range, out var tally).ShouldBeTrue();
            (tally.Resident, tally.Swapped).ShouldBe((range.Size.Bytes, 0UL));
        }
        stop.Cancel();
        compacting.GetAwaiter().GetResult();
    }

    /// <summary>Memory is taken and given back meanwhile, else there is soon nothing to compact.</summary>
    static void CompactUntil(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            File.WriteAllText(Compact, "1");
            var scattered = new byte[256][];
            for (var i = 0; i < scattered.Length; i++)
                Array.Fill(scattered[i] = GC.AllocateUninitializedArray<byte>(100_000), (byte)1);
        }
    }
}
