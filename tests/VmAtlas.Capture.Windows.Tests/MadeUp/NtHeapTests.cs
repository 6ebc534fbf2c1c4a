using VmAtlas.Capture.Windows.Heaps;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Capture.Windows.Tests.MadeUp;

/// <summary>NT heaps made up after the public symbols of ntdll: none of these was seen on Windows.</summary>
public sealed class NtHeapTests : IDisposable
{
    const ulong Heap = 0x20_0000, First = Heap + 0x740, End = Heap + 0x10000, Large = 0x80_0000, Encoding = 0x1122_3344_5577_7788;
    const ulong Committed = 0x4000, Hole = 0x4000;

    readonly MadeUpProcess _process = new();

    [Theory]
    [InlineData(0ul)]
    [InlineData(8ul)]
    public void Blocks_are_told_behind_their_encoding_over_what_is_not_committed_and_in_large_allocations(ulong later)
    {
        Make(later);
        var report = Read().ShouldNotBeNull();
        report.Problems.ShouldBeEmpty();
        report.Allocator.ShouldBe(SystemHeapReader.Nt);
        var heap = report.Arenas.Single();
        (heap.InUse, heap.Free).ShouldBe((new ChunkCount(3, 0x30 + 0x40 + 0x100), new ChunkCount(2, Committed - 0x740 - 0x70 + Committed - 0x100)));
        heap.System.ShouldBe(Committed - 0x740 + Committed);
        report.Mapped.ShouldBe(new ChunkCount(1, 0x20_0000 - 0x30));
        var chunks = report.Chunks.ShouldNotBeNull();
        chunks.BlockOf(0).ShouldBe(new Address(First + 16));
        chunks.BlockOf(chunks.Count - 1).ShouldBe(new Address(Large + 0x40));
    }

    [Fact]
    public void A_header_that_does_not_fit_ends_its_stretch_and_the_rest_goes_on()
    {
        Make(later: 0);
        _process.Write(First + 0x30 + 8, 0xdead);
        var report = Read().ShouldNotBeNull();
        report.Approximate.ShouldBeTrue();
        report.Problems.Single().Id.ShouldBe("heap-torn");
        report.Arenas.Single().ShouldSatisfyAllConditions(
            a => a.InUse.ShouldBe(new ChunkCount(2, 0x30 + 0x100)), a => a.Unknown.ShouldBe(Committed - 0x740 - 0x30));
    }

    [Fact]
    public void The_front_end_s_blocks_are_told_one_by_one()
    {
        const ulong user = First + 16, count = 10, stride = 0x20, subsegment = Heap + 0x600, blocksAt = user + 0x40;
        Make(later: 0);
        Entry(First, 0x400, 0, busy: true);
        Entry(First + 0x400, Committed - 0x740 - 0x400, 0x400, busy: false);
        _process.Write(user, subsegment).Write(user + 0x14, 0xF0E0D0C0, 4).Write(user + 0x20, count).Write(user + 0x28, user + 0x30).Write(user + 0x30, 0b10_0101_1001);
        _process.Write(subsegment + 8, user).Write(subsegment + 0x24, stride / 16, 2).Write(subsegment + 0x28, count, 2);
        for (var i = 0UL; i < count; i++)
            _process.Write(blocksAt + i * stride + 15, 0x80, 1);
        var heap = Read().ShouldNotBeNull().Arenas.Single();
        heap.InUse.ShouldBe(new ChunkCount(5 + 1, 5 * stride + 0x100));
        heap.Free.Chunks.ShouldBe(5ul + 2);
    }

    [Fact]
    public void A_segment_heap_is_not_walked_and_that_is_said()
    {
        Make(later: 0);
        _process.Add(0x40_0000, 0x1000, MadeUpProcess.Commit, 4, MadeUpProcess.Private).Write(0x40_0010, 0xDDEEDDEE, 4);
        List(Heap, 0x40_0000);
        Read().ShouldNotBeNull().Problems.Single().Id.ShouldBe("heap-layout");
        List(0x40_0000);
        _process.Write(Heap + 0x10, 0, 4);
        Read().ShouldBeNull();
    }

    [Fact]
    public void Heaps_of_any_bytes_are_walked_or_not_and_never_for_ever()
    {
        var random = new Random(99);
        for (var round = 0; round < 3000; round++)
        {
            using var test = new NtHeapTests();
            test.Make(later: (ulong)(round % 2 * 8));
            for (var i = random.Next(1, 30); i > 0; i--)
                test._process.Write(Heap + (ulong)random.Next(round % 3 == 0 ? 0x200 : (int)Committed - 8), (ulong)random.NextInt64(), random.Next(1, 9));
            if (test.Read() is { } report)
                report.InUse.Bytes.ShouldBeLessThan(1UL << 46);
        }
    }

    public void Dispose() => _process.Dispose();

    HeapReport? Read()
    {
        using var target = new WindowsTarget(_process);
        var mappings = new BlockTable();
        target.ReadMappings(mappings, new StringTable(), []);
        return SystemHeapReader.Read(target, mappings, keepChunks: true, TestContext.Current.CancellationToken);
    }

    /// <summary>A heap of one segment with a hole in it: two blocks in use and a free one, the hole, one in use and a free one.</summary>
    /// <param name="later">How much further the signature and what follows lie: 8 on Windows 7.</param>
    void Make(ulong later)
    {
        _process.Add(Heap, Committed, MadeUpProcess.Commit, 4, MadeUpProcess.Private).Add(Heap + Committed, Hole, MadeUpProcess.Reserve, 0, MadeUpProcess.Private, Heap)
            .Add(Heap + Committed + Hole, Committed, MadeUpProcess.Commit, 4, MadeUpProcess.Private, Heap)
            .Add(Heap + Committed * 2 + Hole, End - Heap - Committed * 2 - Hole, MadeUpProcess.Reserve, 0, MadeUpProcess.Private, Heap)
            .Add(Large, 0x20_0000, MadeUpProcess.Commit, 4, MadeUpProcess.Private);
        List(Heap);
        _process.Write(Heap + 0x10, 0xFFEEFFEE, 4).Write(Heap + 0x28, Heap).Write(Heap + 0x40, First).Write(Heap + 0x48, End)
            .Write(Heap + 0x7c, 0x10_0000, 4).Write(Heap + 0x88, Encoding).Write(Heap + 0x98 + later, 0xEEFFEEFF, 4);
        Ring(Heap + 0x120 + later, Heap + 0x18);
        Ring(Heap + 0x110 + later, Large);
        _process.Write(Large + 0x28, 0x20_0000);
        Entry(First, 0x30, 0, busy: true);
        Entry(First + 0x30, 0x40, 0x30, busy: true, encoding: 0);
        Entry(First + 0x70, Committed - 0x740 - 0x70, 0x40, busy: false);
        Entry(Heap + Committed + Hole, 0x100, 0x1230, busy: true);
        Entry(Heap + Committed + Hole + 0x100, Committed - 0x100, 0x100, busy: false);
    }

    void List(params ulong[] heaps)
    {
        const ulong list = MadeUpProcess.Peb + 0x800;
        _process.Write(MadeUpProcess.Peb + 0x30, heaps[0]).Write(MadeUpProcess.Peb + 0xE8, (ulong)heaps.Length, 4).Write(MadeUpProcess.Peb + 0xF0, list);
        for (var i = 0; i < heaps.Length; i++)
            _process.Write(list + (ulong)i * 8, heaps[i]);
    }

    void Ring(ulong head, ulong one) => _process.Write(head, one).Write(head + 8, one).Write(one, head).Write(one + 8, head);

    /// <summary>HEAP_ENTRY: size and size of the one before in units of 16, flags, checksum; then encoded, as most are.</summary>
    void Entry(ulong at, ulong size, ulong before, bool busy, ulong encoding = Encoding)
    {
        var (units, flags) = (size / 16, busy ? 1UL : 0UL);
        var checksum = (units & 0xff) ^ (units >> 8) ^ flags;
        _process.Write(at + 8, (units | flags << 16 | checksum << 24 | before / 16 << 32) ^ encoding);
    }
}
