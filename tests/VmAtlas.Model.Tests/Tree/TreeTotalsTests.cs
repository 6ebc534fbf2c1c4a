using VmAtlas.Testing;

namespace VmAtlas.Model.Tests;

public sealed class TreeTotalsTests
{
    const ulong K = 1024, M = 1024 * K;

    [Fact]
    public void A_page_shared_by_parent_and_child_counts_once()
    {
        var tree = TreeTotals.Of([Process(1).Make(), Process(2).Make()]);
        var heap = Row(tree, MemoryType.Heap);
        (heap.Processes, heap.Size, heap.Private).ShouldBe((2, 2 * M, 2 * M));
        heap.Pss.ShouldBe(2 * (100 * K + 150 * K));
        heap.Uss.ShouldBe(200 * K);
        heap.WithSharedOnce.ShouldBe(200 * K + 300 * K);
        Row(tree, MemoryType.Shareable).WithSharedOnce.ShouldBe(512 * K);
        Row(tree, MemoryType.PageTable).Pss.ShouldBe(2 * 0x24000UL);
    }

    [Fact]
    public void The_total_is_the_sum_of_the_types_and_equals_the_processes_own_totals()
    {
        Snapshot[] snapshots = [.. Enumerable.Range(0, 4).Select(seed => Snapshots.Random(seed, regions: 40).Make())];
        var tree = TreeTotals.Of(snapshots);
        var total = tree.Rows[0];
        total.Processes.ShouldBe(4);
        total.Pss.ShouldBe(Sum(Measure.Pss) + Tables());
        total.Uss.ShouldBe(Sum(Measure.Uss) + Tables());
        total.Private.ShouldBe(Sum(Measure.Private));
        total.SwapPss.ShouldBe(Sum(Measure.SwapPss));
        total.Pss.ShouldBe(tree.Rows.Skip(1).Aggregate(0UL, (sum, r) => sum + r.Pss!.Value));
        total.WithSharedOnce!.Value.ShouldBeGreaterThanOrEqualTo(total.Uss!.Value);

        ulong Sum(Measure measure) => snapshots.Aggregate(0UL, (sum, s) => sum + s.Summary.Total.Measures[measure]);
        ulong Tables() => snapshots.Aggregate(0UL, (sum, s) => sum + s.PageTables!.Value.Bytes);
    }

    [Fact]
    public void What_one_process_does_not_tell_is_absent_from_the_sum()
    {
        var poor = new SnapshotMaker { Known = [Measure.Private] }.Add(MemoryType.Heap, "", new BlockSpec(0x100000, 4 * K)).MakeUnchecked();
        var tree = TreeTotals.Of([Process(1).Make(), poor]);
        Row(tree, MemoryType.Heap).Pss.ShouldBeNull();
        Row(tree, MemoryType.Heap).WithSharedOnce.ShouldBeNull();
        Row(tree, MemoryType.Heap).Private.ShouldBe(1 * M + 4 * K);
        tree.Rows[0].Pss.ShouldBeNull();
        TreeTotals.Of([]).Rows.ShouldHaveSingleItem().Size.ShouldBe(0UL);
    }

    static TreeRow Row(TreeTotals tree, MemoryType type) => tree.Rows.Single(r => r.Type == type);

    static SnapshotMaker Process(int pid) => new SnapshotMaker { Process = new ProcessFacts { Pid = pid, Name = "worker" } }
        .Add(MemoryType.Heap, "[heap]", new BlockSpec(0x100000, 1 * M) { Resident = 400 * K, Shared = 300 * K })
        .Add(MemoryType.Shareable, "memfd:pool", new BlockSpec(0x10000000UL * (ulong)pid, 512 * K)
        {
            Access = "rw-s", Inode = 9, Device = 1, Resident = 512 * K, Shared = 512 * K,
        });
}
