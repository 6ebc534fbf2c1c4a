using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Windows.Tests.Live;

/// <summary>A program that knows its own memory, against what is told of it.</summary>
public sealed class KindTests : LiveTest, IDisposable
{
    readonly TestTarget _target = StartKinds();
    readonly Snapshot _snapshot;

    public KindTests() => _snapshot = Capture(_target.Pid);

    [Fact]
    public void It_is_the_process_asked_for() => _snapshot.Process.ShouldSatisfyAllConditions(
        p => p.Name.ShouldBe("kinds.exe"),
        p => p.Executable.ShouldNotBeNull().ShouldEndWith(@"\kinds.exe"),
        p => p.Command.ShouldNotBeNull().ShouldContain("kinds.exe"),
        p => p.User.ShouldNotBeNullOrEmpty(),
        p => p.Threads.ShouldBe(4),
        p => p.Architecture.ShouldBe("x86-64"),
        p => p.ParentPid.ShouldBe(Environment.ProcessId),
        p => p.StartedAt.ShouldNotBeNull().ShouldBeInRange(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow));

    [Fact]
    public void The_laws_of_the_model_hold_and_the_whole_space_is_covered()
    {
        Laws.Check(_snapshot).ShouldBeEmpty();
        _snapshot.Layout.End.Value.ShouldBe(0x7FFFFFFF0000UL);
    }

    [Fact]
    public void One_reservation_is_one_region_with_a_block_for_each_protection()
    {
        var region = At("reserve");
        region.Type.ShouldBe(MemoryType.PrivateData);
        region.Get(Measure.Size).ShouldBe(64UL << 20);
        region.Get(Measure.Committed).ShouldBe(0x100000UL + 0x40000 + 0x1000 + 0x10000);
        region.Get(Measure.Private).ShouldBe(region.Get(Measure.Committed));
        region.MappingCount.ShouldBe(9);
        Text("commit").ShouldBe("Read/Write");
        Text("code").ShouldBe("Execute/Read");
        Text("guard").ShouldBe("Read/Write/Guard");
        Text("noaccess").ShouldBe("No access");
        Text("reserve").ShouldBe("Reserved");
    }

    [Fact]
    public void Memory_that_is_not_cached_says_so() => Text("nocache").ShouldBe("Read/Write/NoCache");

    [Fact]
    public void Sections_of_the_paging_file_are_Shareable_and_nobody_s_alone()
    {
        At("shareable").ShouldSatisfyAllConditions(
            r => r.Type.ShouldBe(MemoryType.Shareable), r => r.Get(Measure.Size).ShouldBe(8UL << 20),
            r => r.Get(Measure.Committed).ShouldBe(8UL << 20), r => r.Get(Measure.Private).ShouldBe(0UL));
        At("sparse").ShouldSatisfyAllConditions(r => r.Type.ShouldBe(MemoryType.Shareable), r => r.Get(Measure.Committed).ShouldBe(0x10000UL));
    }

    [Fact]
    public void Views_of_a_file_have_its_path_and_only_a_copying_one_is_private()
    {
        var path = _target.Said["filename"].Single();
        At("file").ShouldSatisfyAllConditions(
            r => r.Type.ShouldBe(MemoryType.MappedFile), r => r.Details.ShouldBe(path, StringCompareShould.IgnoreCase),
            r => r.Get(Measure.Committed).ShouldBe(2UL << 20), r => r.Get(Measure.Private).ShouldBe(0UL));
        At("filecopy").ShouldSatisfyAllConditions(
            r => r.Type.ShouldBe(MemoryType.MappedFile), r => r.Get(Measure.Private).ShouldBe(2UL << 20));
        Text("filecopy").ShouldBe("Copy on write");
    }

    [Theory]
    [InlineData("image", @"\version.dll")]
    [InlineData("loaded", @"\winmm.dll")]
    [InlineData("program", @"\kinds.exe")]
    public void Images_have_their_path_and_sections(string key, string name)
    {
        var region = At(key);
        region.Type.ShouldBe(MemoryType.Image);
        region.Details.ShouldEndWith(name, Case.Insensitive);
        region.Start.Value.ShouldBe(_target.Address(key));
        var labels = new List<string>();
        foreach (var block in region.Blocks)
            labels.Add(block.Label);
        labels[0].ShouldBe("Header");
        labels.ShouldContain(".text");
        labels.ShouldContain(".data");
    }

    [Fact]
    public void Memory_without_bytes_in_the_file_belongs_to_the_image() => At("bss").ShouldSatisfyAllConditions(
        r => r.Type.ShouldBe(MemoryType.Image), r => r.Start.Value.ShouldBe(_target.Address("program")));

    [Fact]
    public void Every_heap_of_the_process_is_found()
    {
        var heaps = _target.Said["heap"].Select(h => Convert.ToUInt64(h.Split(' ')[0], 16)).ToList();
        heaps.Count.ShouldBeGreaterThan(2);
        var found = heaps.Select(h => _snapshot.Find(new Address(h)).ShouldNotBeNull()).ToList();
        found.ShouldAllBe(r => r.Type == MemoryType.Heap);
        found.Select(r => r.Details).Distinct().Count().ShouldBe(heaps.Count);
        At("defaultheap").Details.ShouldBe("Heap ID: 0 (Default)", StringCompareShould.IgnoreCase);
    }

    [Fact]
    public void Each_thread_s_stack_has_its_thread_and_its_size()
    {
        var stacks = _target.Said["stack"].Select(s => s.Split(' ').Select(w => Convert.ToUInt64(w, 16)).ToArray()).ToList();
        stacks.Count.ShouldBe(3);
        for (var i = 0; i < stacks.Count; i++)
        {
            var region = _snapshot.Find(new Address(stacks[i][1])).ShouldNotBeNull();
            region.Type.ShouldBe(MemoryType.Stack);
            region.Details.ShouldBe($"Thread ID: {stacks[i][0]}");
            region.Get(Measure.Size).ShouldBe((ulong)(i + 1) << 20);
            region.Facts.ShouldContain(("thread", $"{stacks[i][0]}"));
        }
        _snapshot.Summary[MemoryType.Stack].Regions.ShouldBe(4);
    }

    [Fact]
    public void The_environment_blocks_of_process_and_threads_have_names()
    {
        At("teb").Details.ShouldStartWith("Thread Environment Block ID: ");
        BlockAt("teb").Label.ShouldStartWith("Thread Environment Block ID: ");
        (BlockAt("peb").Label + At("peb").Details).ShouldContain("Process Environment Block");
        _snapshot.Find(new Address(0x7FFE0000)).ShouldNotBeNull().Details.ShouldBe("User Shared Data");
    }

    [Fact]
    public void What_is_left_behind_an_allocation_can_not_be_used()
    {
        var end = At("odd").End;
        var gap = _snapshot.Gaps.IndexOf(end);
        gap.ShouldBeGreaterThanOrEqualTo(0);
        _snapshot.Gaps.Type(gap).ShouldBe(MemoryType.Unusable);
        _snapshot.Gaps.Range(gap).Size.Bytes.ShouldBe(0xB000UL);
    }

    [Fact]
    public void The_working_set_of_another_process_is_known_or_absent_with_its_reason()
    {
        if (_snapshot.Has(Measure.TotalWs))
        {
            At("topdown").Get(Measure.TotalWs).ShouldBe(0x20000UL);
            At("topdown").Get(Measure.PrivateWs).ShouldBe(0x20000UL);
        }
        else
        {
            _snapshot.Problems.ShouldContain(p => p.Id == "working-set-refused");
        }
        _snapshot.Has(Measure.TotalWs).ShouldBe(!IsWine);
    }

    [Fact]
    public void Every_annotator_ran() => _snapshot.Annotators.ShouldAllBe(a => a.Ran);

    public void Dispose() => _target.Dispose();

    Region At(string key) => _snapshot.Find(new Address(_target.Address(key))).ShouldNotBeNull();

    Block BlockAt(string key) => _snapshot.BlockAt(_snapshot.Blocks.IndexOf(new Address(_target.Address(key))));

    string Text(string key) => BlockAt(key).Protection.ToVmmapText(BlockAt(key).Facts);
}
