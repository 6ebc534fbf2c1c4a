using VmAtlas.Capture.Linux.Processes;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests;

public sealed class ReaderProcessTests
{
    [Fact]
    public void A_row_says_what_smaps_rollup_says()
    {
        using var program = TestTarget.Start("reader_pages");
        program.Stop();
        var row = ProcessList.Read(program.Pid).ShouldNotBeNull();
        var sums = Rollup(program.Pid);
        row.Private.ShouldBe(new ByteSize(sums["Private_Clean"] + sums["Private_Dirty"]));
        row.TotalWs.ShouldBe(new ByteSize(sums["Rss"]));
        row.Pss.ShouldBe(new ByteSize(sums["Pss"]));
        row.Swap.ShouldBe(new ByteSize(sums["Swap"]));
        (row.Name, row.Threads, row.State, row.ParentPid, row.WhyNot).ShouldBe(("reader_pages", 2, 'T', Environment.ProcessId, null));
    }

    [Fact]
    public void Private_of_all_mappings_counts_what_is_charged()
    {
        using var program = TestTarget.Start("reader_pages");
        program.Stop();
        var row = ProcessList.Read(program.Pid, ProcessDetail.Mappings).ShouldNotBeNull();
        using var target = new LinuxTarget(program.Pid);
        row.Private!.Value.Bytes.ShouldBe(new CapturePipeline(target, []).Capture().Summary.Total.Measures[Measure.Private]);
    }

    [Fact]
    public void Lists_every_process_once_in_order()
    {
        using var program = TestTarget.Start("reader_pages");
        var rows = ProcessList.Read(ProcessDetail.Totals);
        rows.Select(r => r.Pid).ShouldBe(rows.Select(r => r.Pid).Distinct().Order());
        rows.ShouldContain(r => r.Pid == program.Pid);
        rows.ShouldContain(r => r.Pid == Environment.ProcessId);
        rows.ShouldAllBe(r => r.Private == null && r.Pss == null);
    }

    [Fact]
    public void A_tree_has_parents_before_children_and_stands_circles()
    {
        var parents = new Dictionary<int, int> { [2] = 1, [3] = 1, [4] = 2, [5] = 4, [9] = 8, [1] = 5 };
        ProcessTree.Of(1, parents).ShouldBe([1, 2, 4, 5, 3]);
        ProcessTree.Of(8, parents).ShouldBe([8, 9]);
        using var program = TestTarget.Start("reader_ends", "zombie");
        ProcessTree.Of(program.Pid).ShouldBe([program.Pid, int.Parse(program.Said["child"].Single())]);
    }

    [Fact]
    public void A_name_finds_exact_matches_first_then_beginnings()
    {
        using var first = TestTarget.Start("reader_pages");
        using var second = TestTarget.Start("reader_pages");
        using var other = TestTarget.Start("reader_ends", "plain");
        int[] both = [first.Pid, second.Pid];
        ProcessFinder.Find("reader_pages").Select(r => r.Pid).Intersect(both).Order().ShouldBe(both.Order());
        ProcessFinder.Find("reader_pages").ShouldAllBe(r => r.Name == "reader_pages");
        ProcessFinder.Find("reader_e").Select(r => r.Pid).ShouldContain(other.Pid);
        ProcessFinder.Find("eader_end").Select(r => r.Pid).ShouldContain(other.Pid);
        ProcessFinder.Find("no-such-program-at-all").ShouldBeEmpty();
    }

    [Fact]
    public void Marking_resets_referenced()
    {
        using var program = TestTarget.Start("reader_pages");
        program.Stop();
        using var target = new LinuxTarget(program.Pid);
        Referenced(target, program.Address("mixed")).ShouldBe(16UL * 4096);
        target.Mark();
        Referenced(target, program.Address("mixed")).ShouldBe(0UL);
    }

    [Fact]
    public void Trimming_writes_file_pages_out_and_says_before_and_after()
    {
        using var program = TestTarget.Start("reader_pages");
        program.Stop();
        using var target = new LinuxTarget(program.Pid);
        var before = Sum(target, Measure.TotalWs);
        var result = target.Trim();
        result.Before.Bytes.ShouldBe(before);
        result.After.Bytes.ShouldBe(Sum(target, Measure.TotalWs));
        result.After.ShouldBeLessThanOrEqualTo(result.Before);
        result.Advised.Bytes.ShouldBeGreaterThan(0UL);
    }

    [Fact]
    public void Numa_lines_belong_to_mappings()
    {
        if (!File.Exists("/proc/self/numa_maps"))
            Assert.Skip("this kernel has no NUMA");
        using var program = TestTarget.Start("reader_pages");
        using var target = new LinuxTarget(program.Pid);
        target.ReadNumaMaps()[program.Address("shared")].ShouldContain("N0=4");
    }

    static ulong Referenced(LinuxTarget target, ulong address)
    {
        var mappings = new BlockTable();
        target.ReadMappings(mappings, new StringTable(), []);
        return mappings.Get(Measure.Referenced, mappings.IndexOf(new Address(address)));
    }

    static ulong Sum(LinuxTarget target, Measure measure)
    {
        var mappings = new BlockTable();
        target.ReadMappings(mappings, new StringTable(), []);
        var sum = 0UL;
        foreach (var bytes in mappings.Column(measure))
            sum += bytes;
        return sum;
    }

    static Dictionary<string, ulong> Rollup(int pid) => File.ReadLines($"/proc/{pid}/smaps_rollup").Skip(1)
        .Select(l => l.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries))
        .ToDictionary(w => w[0], w => ulong.Parse(w[1]) << 10);
}
