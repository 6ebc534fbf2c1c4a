using VmAtlas.Capture.Windows.Annotators;
using VmAtlas.Model;
using static VmAtlas.Capture.Windows.Tests.MadeUp.MadeUpProcess;

namespace VmAtlas.Capture.Windows.Tests.MadeUp;

/// <summary>What Wine does not have: working sets of others, stacks with a reserve, lists of heaps, 32-bit processes, device names.</summary>
public sealed class MadeUpTests
{
    const ulong Shareable = 1 << 15, Locked = 1 << 22;

    [Fact]
    public void The_working_set_is_private_shareable_shared_and_locked_page_by_page()
    {
        var process = new MadeUpProcess { WorkingSetSize = 0x20000 }
            .Add(0x200000, 0x10000, Commit, 4, Private).Resident(0x200000, 4, 0).Resident(0x204000, 1, Locked)
            .Add(0x300000, 0x10000, Commit, 4, Mapped).Resident(0x300000, 3, Shareable | 1 << 1).Resident(0x303000, 2, Shareable | 3 << 1);
        var snapshot = Capture(process);
        At(snapshot, 0x200000).ShouldSatisfyAllConditions(
            r => r.Get(Measure.TotalWs).ShouldBe(0x5000UL), r => r.Get(Measure.PrivateWs).ShouldBe(0x5000UL),
            r => r.Get(Measure.ShareableWs).ShouldBe(0UL), r => r.Get(Measure.LockedWs).ShouldBe(0x1000UL));
        At(snapshot, 0x300000).ShouldSatisfyAllConditions(
            r => r.Type.ShouldBe(MemoryType.Shareable), r => r.Get(Measure.TotalWs).ShouldBe(0x5000UL), r => r.Get(Measure.PrivateWs).ShouldBe(0UL),
            r => r.Get(Measure.ShareableWs).ShouldBe(0x5000UL), r => r.Get(Measure.SharedWs).ShouldBe(0x2000UL));
        snapshot.PageTables.ShouldBe(new ByteSize(0x20000 - 0xA000), "the rest of the working set that the system counts is page tables");
        snapshot.Summary.Total.Measures[Measure.TotalWs].ShouldBe(0x20000UL);
    }

    [Fact]
    public void A_stack_has_its_reserve_and_guard_and_its_thread()
    {
        var process = new MadeUpProcess()
            .Add(0x110000, 0x2000, Commit, 4, Private).Write(0x110008, 0x300000).Write(0x110010, 0x2FD000).Write(0x110030, 0x110000).Write(0x111478, 0x200000)
            .Thread(77, 0x110000)
            .Add(0x200000, 0xFB000, Reserve, 0, Private).Add(0x2FB000, 0x2000, Commit, 0x104, Private, 0x200000).Add(0x2FD000, 0x3000, Commit, 4, Private, 0x200000);
        var stack = At(Capture(process), 0x200000);
        stack.Type.ShouldBe(MemoryType.Stack);
        stack.Details.ShouldBe("Thread ID: 77");
        stack.Get(Measure.Size).ShouldBe(0x100000UL);
        stack.Get(Measure.Committed).ShouldBe(0x5000UL);
        Blocks(stack).ShouldBe([(0x200000UL, "reserve", "Reserved"), (0x2FB000UL, "guard", "Read/Write/Guard"), (0x2FD000UL, "", "Read/Write")]);
    }

    [Fact]
    public void A_stack_that_lies_about_itself_is_no_stack()
    {
        var process = new MadeUpProcess()
            .Add(0x110000, 0x2000, Commit, 4, Private).Write(0x110008, 0x900000).Write(0x110010, 0x2FD000).Write(0x111478, 0x200000).Thread(77, 0x110000)
            .Add(0x200000, 0x100000, Commit, 4, Private);
        At(Capture(process), 0x200000).Type.ShouldBe(MemoryType.PrivateData);
    }

    [Fact]
    public void A_32_bit_process_has_two_stacks_a_thread()
    {
        var process = new MadeUpProcess { NarrowPeb = 0x105000 }
            .Add(0x105000, 0x1000, Commit, 4, Private)
            .Add(0x110000, 0x4000, Commit, 4, Private)
            .Write(0x110008, 0x240000).Write(0x110010, 0x238000).Write(0x111478, 0x200000).Write(0x11180C, 0x2000, 4)
            .Write(0x112004, 0x400000, 4).Write(0x112008, 0x3F0000, 4).Write(0x112018, 0x112000, 4).Write(0x112E0C, 0x300000, 4)
            .Thread(9, 0x110000)
            .Add(0x200000, 0x40000, Commit, 4, Private).Add(0x300000, 0x100000, Commit, 4, Private);
        var snapshot = Capture(process);
        At(snapshot, 0x200000).Details.ShouldBe("64-bit thread stack");
        At(snapshot, 0x300000).Details.ShouldBe("Thread ID: 9");
        snapshot.Process.Architecture.ShouldBe("x86");
    }

    [Fact]
    public void Heaps_have_their_number_their_front_end_segments_and_large_blocks()
    {
        const ulong First = 0x200000, Second = 0x300000, Segment = 0x400000, Large = 0x500000, New = 0x600000;
        var process = new MadeUpProcess()
            .Write(Peb + 0x30, First).Write(Peb + 0xE8, 3, 4).Write(Peb + 0xF0, 0x110000)
            .Add(0x110000, 0x1000, Commit, 4, Private).Write(0x110000, First).Write(0x110008, Second).Write(0x110010, New);
        foreach (var heap in (ulong[])[First, Second])
            process.Add(heap, 0x10000, Commit, 4, Private).Write(heap + 0x10, 0xFFEEFFEE, 4).Write(heap + 0x28, heap).Write(heap + 0x98, 0xEEFFEEFF, 4)
                .Write(heap + 0x110, heap + 0x110).Write(heap + 0x118, heap + 0x110);
        process.Write(First + 0x198, 0x210000).Write(First + 0x1A2, 2, 1)
            .Add(Segment, 0x10000, Commit, 4, Private).Write(Segment + 0x10, 0xFFEEFFEE, 4).Write(Segment + 0x28, Second)
            .Add(Large, 0x10000, Commit, 4, Private).Write(Large, First + 0x110).Write(Large + 8, First + 0x110)
            .Write(First + 0x110, Large)
            .Add(New, 0x10000, Commit, 4, Private).Write(New + 0x10, 0xDDEEDDEE, 4);
        var snapshot = Capture(process);
        At(snapshot, First).Details.ShouldBe("Heap ID: 0 (Default) [LOW FRAGMENTATION]");
        At(snapshot, Large).Details.ShouldBe("Heap ID: 0 (Default) [LOW FRAGMENTATION]");
        At(snapshot, Second).Details.ShouldBe("Heap ID: 1");
        At(snapshot, Segment).Details.ShouldBe("Heap ID: 1");
        At(snapshot, New).ShouldSatisfyAllConditions(r => r.Details.ShouldBe("Heap ID: 2"), r => r.Facts.ShouldContain(("heap", "segment heap")));
    }

    [Fact]
    public void Further_segments_of_a_segment_heap_are_known_by_the_ring_that_leads_through_its_header()
    {
        const ulong heap = 0x200000, one = 0x1000000, two = 0x1200000, other = 0x1400000, head = heap + 0x148;
        var process = new MadeUpProcess()
            .Write(Peb + 0x30, heap).Add(heap, 0x10000, Commit, 4, Private).Write(heap + 0x10, 0xDDEEDDEE, 4)
            .Add(one, 0x100000, Commit, 4, Private).Add(two, 0x100000, Commit, 4, Private).Add(other, 0x100000, Commit, 4, Private)
            .Write(head, one).Write(one, two).Write(two, head).Write(one + 8, head).Write(two + 8, one).Write(head + 8, two)
            .Write(other, head).Write(other + 8, other);
        var snapshot = Capture(process);
        foreach (var segment in (ulong[])[one, two])
            At(snapshot, segment).ShouldSatisfyAllConditions(r => r.Type.ShouldBe(MemoryType.Heap), r => r.Details.ShouldBe("Heap ID: 0 (Default)"), r => r.Facts.ShouldContain(("heap", "segment heap")));
        At(snapshot, other).Type.ShouldBe(MemoryType.PrivateData, "it points to the heap, but nothing points to it");
    }

    [Fact]
    public void The_hypervisor_s_page_is_the_one_above_shared_user_data_that_can_only_be_read()
    {
        var snapshot = Capture(new MadeUpProcess().Add(0x7FFE0000, 0x1000, Commit, 2, Private).Add(0x7FFE7000, 0x1000, Commit, 2, Private).Add(0x7FFEA000, 0x1000, Commit, 4, Private));
        At(snapshot, 0x7FFE7000).Details.ShouldBe("Hypervisor Shared Data");
        At(snapshot, 0x7FFEA000).Details.ShouldBe("");
    }

    [Fact]
    public void A_list_of_large_blocks_that_does_not_link_back_is_not_followed()
    {
        var process = new MadeUpProcess()
            .Write(Peb + 0x30, 0x200000)
            .Add(0x200000, 0x10000, Commit, 4, Private).Write(0x200010, 0xFFEEFFEE, 4).Write(0x200098, 0xEEFFEEFF, 4).Write(0x200110, 0x500000)
            .Add(0x500000, 0x10000, Commit, 4, Private).Write(0x500008, 0xBAD000);
        At(Capture(process), 0x500000).Type.ShouldBe(MemoryType.PrivateData);
    }

    [Theory]
    [InlineData(@"\Device\HarddiskVolume3\data\a.bin", @"C:\data\a.bin")]
    [InlineData(@"\Device\HarddiskVolume33\data\a.bin", @"\Device\HarddiskVolume33\data\a.bin")]
    [InlineData(@"\Device\Mup\server\share\a.bin", @"\Device\Mup\server\share\a.bin")]
    [InlineData(@"\??\Z:\a.bin", @"Z:\a.bin")]
    public void Files_are_named_as_a_person_would(string native, string path) =>
        At(Capture(new MadeUpProcess().Add(0x200000, 0x10000, Commit, 2, Mapped).Name(0x200000, native)), 0x200000).Details.ShouldBe(path);

    [Fact]
    public void What_the_environment_block_points_to_has_a_name_and_keeps_its_type()
    {
        var process = new MadeUpProcess()
            .Write(Peb + 0x68, 0x200000).Write(Peb + 0xA0, 0x300000)
            .Add(0x200000, 0x10000, Commit, 2, Mapped).Add(0x300000, 0x10000, Commit, 2, Private)
            .Add(0x7FFE0000, 0x1000, Commit, 2, Private);
        var snapshot = Capture(process);
        At(snapshot, 0x200000).ShouldSatisfyAllConditions(r => r.Type.ShouldBe(MemoryType.Shareable), r => r.Details.ShouldBe("API Set Map"));
        At(snapshot, 0x300000).ShouldSatisfyAllConditions(r => r.Type.ShouldBe(MemoryType.PrivateData), r => r.Details.ShouldBe("Ansi Code Page"));
        At(snapshot, 0x7FFE0000).Details.ShouldBe("User Shared Data");
        At(snapshot, Peb).Details.ShouldBe("Process Environment Block");
    }

    [Fact]
    public void Of_an_image_what_was_written_is_private_wherever_it_is()
    {
        var process = new MadeUpProcess()
            .Add(0x400000, 0x1000, Commit, 2, Image).Add(0x401000, 0x4000, Commit, 0x20, Image, 0x400000).Add(0x405000, 0x2000, Commit, 8, Image, 0x400000)
            .Name(0x400000, @"\??\C:\made\up.exe").Resident(0x401000, 1, 0).Resident(0x402000, 2, Shareable | 2 << 1);
        var snapshot = Capture(process);
        At(snapshot, 0x400000).ShouldSatisfyAllConditions(
            r => r.Type.ShouldBe(MemoryType.Image), r => r.Get(Measure.Private).ShouldBe(0x1000UL + 0x2000),
            r => r.Get(Measure.PrivateWs).ShouldBe(0x1000UL), r => r.Get(Measure.SharedWs).ShouldBe(0x2000UL));
        snapshot.Summary[MemoryType.Image].Measures[Measure.Private].ShouldBe(0x3000UL, "region, blocks and summary agree, which they do not in VMMap");
    }

    [Fact]
    public void The_bitmap_of_Control_Flow_Guard_is_known_by_its_size()
    {
        var snapshot = Capture(new MadeUpProcess().Add(0x7DF500000000, 1UL << 41, MadeUpProcess.Reserve, 0, MadeUpProcess.Mapped).Add(0x300000000000, 1UL << 40, MadeUpProcess.Reserve, 0, MadeUpProcess.Mapped));
        snapshot.Find(new Address(0x7DF500000000)).ShouldNotBeNull().ShouldSatisfyAllConditions(r => r.Details.ShouldBe("Control Flow Guard Bitmap"), r => r.Type.ShouldBe(MemoryType.Shareable));
        snapshot.Find(new Address(0x300000000000)).ShouldNotBeNull().Details.ShouldBe("");
    }

    [Fact]
    public void A_protected_process_is_not_permitted_and_says_why()
    {
        var e = Should.Throw<VmAtlasException>(() => Capture(new MadeUpProcess { IsProtected = true }));
        (e.Failure, (int)e.Failure).ShouldBe((Failure.NotPermitted, 4));
        e.Message.ShouldContain("protected process");
    }

    [Fact]
    public void A_space_that_never_ends_is_cut_off()
    {
        var mappings = new BlockTable();
        using var endless = new EndlessCalls();
        new RangeScan(endless, mappings, []).Run(ulong.MaxValue).ShouldNotBe(0u);
        mappings.Count.ShouldBe(1);
    }

    static Snapshot Capture(MadeUpProcess process)
    {
        using var target = new WindowsTarget(process);
        var snapshot = new CapturePipeline(target, WindowsAnnotators.All).Capture(TestContext.Current.CancellationToken);
        Laws.Check(snapshot).ShouldBeEmpty();
        return snapshot;
    }

    static Region At(Snapshot snapshot, ulong address) => snapshot.Find(new Address(address)).ShouldNotBeNull();

    static List<(ulong Start, string Label, string Protection)> Blocks(Region region)
    {
        var blocks = new List<(ulong, string, string)>();
        foreach (var block in region.Blocks)
            blocks.Add((block.Range.Start.Value, block.Label, block.Protection.ToVmmapText(block.Facts)));
        return blocks;
    }
}
