using VmAtlas.Testing;

namespace VmAtlas.Model.Tests;

public sealed class SnapshotDiffTests
{
    const ulong K = 1024, M = 1024 * K;

    static readonly DateTimeOffset s_noon = new(2025, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_snapshot_and_itself_do_not_differ()
    {
        var diff = SnapshotDiff.Between(Snapshots.Sample().Make(), Snapshots.Sample().Make());
        diff.SameProcess.ShouldBeTrue();
        diff.Regions.ShouldBe(Enumerable.Range(0, 11).Select(i => new RegionChange(i, i)));
        foreach (var measure in Enum.GetValues<Measure>())
        {
            diff.ByImpact(measure).ShouldBeEmpty();
            diff.Types.ShouldAllBe(t => (t.Delta(measure) ?? 0) == 0);
        }
        diff.Modules().ShouldAllBe(m => m.Delta(Measure.Size) == 0 && m.RegionsBefore == m.RegionsAfter);
    }

    [Fact]
    public void Within_a_process_a_region_is_where_it_is()
    {
        var before = Process(1)
            .Add(MemoryType.Heap, "[heap]", Block(0x100000, 64 * K))
            .Add(MemoryType.PrivateData, "", Block(0x200000, 64 * K))
            .Add(MemoryType.PrivateData, "", Block(0x300000, 64 * K))
            .Add(MemoryType.Stack, "main thread", Block(0x7ff0000000, 64 * K))
            .Add(MemoryType.Stack, "thread 7 (old name)", Block(0x7ff1000000, 64 * K)).Make();
        var after = Process(1)
            .Add(MemoryType.Heap, "[heap]", Block(0x100000, 96 * K))
            .Add(MemoryType.PrivateData, "", Block(0x300000, 64 * K) with { Access = "r-xp" })
            .Add(MemoryType.PrivateData, "", Block(0x400000, 64 * K))
            .Add(MemoryType.Stack, "main thread", Block(0x7feffff000, 68 * K))
            .Add(MemoryType.Stack, "thread 7 (new name)", Block(0x7ff1000000, 64 * K)).Make();
        Told(SnapshotDiff.Between(before, after)).ShouldBe(
        [
            "Grown 32K [heap]", "Removed -64K ", "Reprotected 0K ", "Added 64K ", "Grown 4K main thread", "Same 0K thread 7 (new name)",
        ]);
    }

    [Fact]
    public void A_restart_moves_everything_and_changes_every_number_and_still_the_same_things_meet()
    {
        var before = Run(pid: 100, slide: 0, thread: 101, buffer: 100 * M);
        var after = Run(pid: 7654, slide: 0x123456000, thread: 7655, buffer: 120 * M);
        var diff = SnapshotDiff.Between(before, after);
        diff.SameProcess.ShouldBeFalse();
        diff.Regions.ShouldAllBe(r => r.Before >= 0 && r.After >= 0);
        diff.ByImpact(Measure.Size).Select(i => after.RegionAt(diff.Regions[i].After).Details).ShouldHaveSingleItem().ShouldBe("");
        diff.Types[0].Delta(Measure.Size).ShouldBe((long)(20 * M));

        static Snapshot Run(int pid, ulong slide, int thread, ulong buffer) => Process(pid)
            .Add(MemoryType.Image, "/usr/bin/app", Block(0x555500000000 + slide, 64 * K))
            .Add(MemoryType.Image, "/lib/libc.so.6", Block(0x7ff000000000 + slide, 2 * M))
            .Add(MemoryType.MappedFile, $"/tmp/app-{pid}/cache", Block(0x7ff001000000 + slide, 8 * K))
            .Add(MemoryType.Stack, $"thread {thread} (worker)", Block(0x7ff002000000 + slide, 8 * M))
            .Add(MemoryType.PrivateData, "", Block(0x7ff003000000 + slide, 16 * K))
            .Add(MemoryType.PrivateData, "", Block(0x7ff010000000 + slide, buffer))
            .Add(MemoryType.PrivateData, "", Block(0x7ff020000000 + slide, 32 * K)).Make();
    }

    [Fact]
    public void Files_with_numbers_in_their_names_meet_by_their_whole_name_first()
    {
        var before = Process(1).Add(MemoryType.MappedFile, "/db/000001.sst", Block(0x100000, 64 * K))
            .Add(MemoryType.MappedFile, "/db/000002.sst", Block(0x200000, 64 * K)).Make();
        var after = Process(2).Add(MemoryType.MappedFile, "/db/000002.sst", Block(0x100000, 128 * K))
            .Add(MemoryType.MappedFile, "/db/000003.sst", Block(0x300000, 64 * K)).Make();
        SnapshotDiff.Between(before, after).Regions.ShouldBe([new RegionChange(1, 0), new RegionChange(0, 1)]);
    }

    [Fact]
    public void Another_file_at_the_same_address_is_another_thing()
    {
        var before = Process(1).Add(MemoryType.Image, "/lib/a.so", Block(0x100000, 64 * K)).Make();
        var after = Process(1).Add(MemoryType.Image, "/lib/b.so", Block(0x100000, 64 * K)).Make();
        Told(SnapshotDiff.Between(before, after)).ShouldBe(["Added 64K /lib/b.so", "Removed -64K /lib/a.so"]);
    }

    [Fact]
    public void The_same_pid_after_exec_is_another_process()
    {
        var before = Process(1, "/bin/sh").Make();
        SnapshotDiff.Between(before, Process(1, "/bin/ls").Make()).SameProcess.ShouldBeFalse();
        SnapshotDiff.Between(before, Process(1, "/bin/sh").Make()).SameProcess.ShouldBeTrue();
        SnapshotDiff.Between(Process(0).Make(), Process(0).Make()).SameProcess.ShouldBeFalse();
    }

    [Fact]
    public void All_regions_of_a_file_are_one_module()
    {
        var before = Process(1).Add(MemoryType.Image, "/lib/a.so", Block(0x100000, 64 * K))
            .Add(MemoryType.MappedFile, "/lib/a.so", Block(0x200000, 64 * K)).Add(MemoryType.Heap, "[heap]", Block(0x300000, 64 * K)).Make();
        var after = Process(1).Add(MemoryType.Image, "/lib/a.so", Block(0x100000, 80 * K)).Add(MemoryType.Shareable, "memfd:x", Block(0x400000, 4 * K)).Make();
        var modules = SnapshotDiff.Between(before, after).Modules();
        modules.Select(m => (m.Path, m.RegionsBefore, m.RegionsAfter, m.Delta(Measure.Size))).ShouldBe(
        [
            ("/lib/a.so", 2, 1, -48 * (long)K), ("memfd:x", 0, 1, 4 * (long)K),
        ]);
    }

    [Fact]
    public void What_one_of_the_two_does_not_know_has_no_difference()
    {
        var poor = new SnapshotMaker { Known = [] }.Add(MemoryType.Heap, "[heap]", new BlockSpec(0x100000, 64 * K)).MakeUnchecked();
        var diff = SnapshotDiff.Between(poor, Snapshots.Sample().Make());
        diff.Has(Measure.Swap).ShouldBeFalse();
        diff.Has(Measure.Size).ShouldBeTrue();
        diff.Types[0].Delta(Measure.Swap).ShouldBeNull();
        diff.Modules().ShouldAllBe(m => m.Delta(Measure.Swap) == null);
    }

    [Fact]
    public void Changes_add_up_to_the_change_of_the_totals_for_every_measure_and_type()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var before = Snapshots.Random(seed, regions: 50).Make();
            var after = seed % 2 == 0 ? Snapshots.Random(seed + 1000, regions: 60).Make() : Snapshots.Random(seed, regions: 45).Make();
            var diff = SnapshotDiff.Between(before, after);
            diff.Regions.Where(r => r.Before >= 0).Select(r => r.Before).Order().ShouldBe(Enumerable.Range(0, before.Regions.Count));
            diff.Regions.Where(r => r.After >= 0).Select(r => r.After).Order().ShouldBe(Enumerable.Range(0, after.Regions.Count));
            foreach (var measure in Enum.GetValues<Measure>())
                AddsUp(diff, measure);
        }
    }

    [Theory]
    [InlineData("thread 4711 (worker)", "thread # (worker)")]
    [InlineData("/tmp/app-1234/x", "/tmp/app-#/x")]
    [InlineData("arena at 0x7f12ab000000", "arena at #")]
    [InlineData("/x/7f12ab00ff.map", "/x/#.map")]
    [InlineData("/lib/libstdc++.so.6", "/lib/libstdc++.so.#")]
    [InlineData("/lib/x86_64-linux-gnu", "/lib/x86_#-linux-gnu")]
    [InlineData("deadbeef cafe", "deadbeef cafe")]
    [InlineData("/run/1f0c-9a7d.sock", "/run/#-#.sock")]
    [InlineData("GC gen2 of heap 0", "GC gen2 of heap #")]
    [InlineData("", "")]
    public void Numbers_and_addresses_are_no_part_of_what_a_region_is(string details, string normal) =>
        RegionIdentity.Normalise(details).ShouldBe(normal);

    static void AddsUp(SnapshotDiff diff, Measure measure)
    {
        var byType = new long[MemoryTypes.Count];
        for (var i = 0; i < diff.Regions.Count; i++)
        {
            var (before, after) = diff.Regions[i];
            var type = after >= 0 ? diff.After.RegionAt(after).Type : diff.Before.RegionAt(before).Type;
            byType[(int)type] += diff.Delta(i, measure);
        }
        for (var type = MemoryType.Image; type <= MemoryType.PrivateData; type++)
            byType[(int)type].ShouldBe(diff.Types[(int)type + 1].Delta(measure)!.Value);
        var rest = (diff.Types[1 + (int)MemoryType.PageTable].Delta(measure) ?? 0) + (diff.Types[1 + (int)MemoryType.Unusable].Delta(measure) ?? 0);
        (byType.Sum() + rest).ShouldBe(diff.Types[0].Delta(measure)!.Value);
    }

    static List<string> Told(SnapshotDiff diff) => [.. diff.Regions.Select((r, i) =>
    {
        var region = r.After >= 0 ? diff.After.RegionAt(r.After) : diff.Before.RegionAt(r.Before);
        return $"{diff.KindOf(i, Measure.Size)} {diff.Delta(i, Measure.Size) / 1024}K {region.Details}";
    })];

    static SnapshotMaker Process(int pid, string executable = "/usr/bin/app") =>
        new() { Process = new ProcessFacts { Pid = pid, Name = "app", Executable = executable, StartedAt = s_noon } };

    static BlockSpec Block(ulong start, ulong size) => new(start, size);
}
