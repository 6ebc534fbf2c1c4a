using VmAtlas.Capture.Linux.Memory;
using VmAtlas.Capture.Linux.Proc;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests;

public sealed class ReaderPageTests : IDisposable
{
    const ulong Page = 4096;

    readonly TestTarget _program = TestTarget.Start("reader_pages");
    readonly LinuxTarget _target;
    readonly BlockTable _mappings = new();
    readonly StringTable _strings = new();

    public ReaderPageTests()
    {
        _program.Stop();
        _target = new LinuxTarget(_program.Pid);
        _target.ReadMappings(_mappings, _strings, []);
    }

    [Fact]
    public void Tells_written_zero_absent_and_guarded_pages_apart()
    {
        var pages = new PageState[64];
        _target.TryReadPages(Range("mixed", 64), pages).ShouldBeTrue();
        pages[..16].ShouldAllBe(p => (p & ~PageState.SoftDirty) == (PageState.Present | PageState.Exclusive));
        pages[16..32].ShouldAllBe(p => (p & ~PageState.SoftDirty) == PageState.Zero);
        pages[32..48].ShouldAllBe(p => p == PageState.None);
        if (_program.Said["guarded"].Single() == "1")
            pages[48..].ShouldAllBe(p => p == PageState.Guard);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Tallies_what_is_resident_without_zero_pages_and_guards(bool useScan)
    {
        using var folder = ProcFolder.TryOpen($"/proc/{_program.Pid}")!;
        using var pages = new PageMap(folder, new SpecialRanges(), useScan);
        if (useScan && !pages.CanScan)
            Assert.Skip("this kernel has no PAGEMAP_SCAN");
        pages.TryTally(Range("mixed", 64), out var tally).ShouldBeTrue();
        var zero = useScan ? 0 : 16 * Page; // the words alone can not tell the zero page
        tally.Resident.ShouldBe(16 * Page + zero);
        tally.AnonymousExclusive.ShouldBe(16 * Page);
        tally.Exclusive.ShouldBe(16 * Page);
        tally.Swapped.ShouldBe(0UL);
        pages.TryTally(Range("shared", 8), out tally).ShouldBeTrue();
        (tally.Resident, tally.Anonymous, tally.Exclusive).ShouldBe((4 * Page, 0UL, 4 * Page));
    }

    [Fact]
    public void Tallies_a_reservation_of_64_gib_by_its_one_page()
    {
        _target.TryTally(Range("reserved", 64UL << 30 >> 12), out var tally).ShouldBeTrue();
        tally.Resident.ShouldBe(Page);
    }

    [Fact]
    public void Tallies_of_every_mapping_equal_its_rss_anonymous_and_uss()
    {
        var tallies = new PageTally[_mappings.Count];
        for (var i = 0; i < tallies.Length; i++)
            (_mappings.Starts[i] > long.MaxValue || _target.TryTally(_mappings.Range(i), out tallies[i])).ShouldBeTrue();
        var after = new BlockTable();
        _target.ReadMappings(after, _strings, []);
        after.Count.ShouldBe(_mappings.Count);
        for (var i = 0; i < tallies.Length; i++)
        {
            // Not [vsyscall], which has no pages of the process; nor files that another process began or ceased to share meanwhile.
            if (_mappings.Starts[i] > long.MaxValue || _mappings.Get(Measure.Uss, i) != after.Get(Measure.Uss, i))
                continue;
            var tally = tallies[i];
            (tally.Resident, tally.Anonymous, tally.Exclusive).ShouldBe(
                (_mappings.Get(Measure.TotalWs, i), _mappings.Get(Measure.Anonymous, i), _mappings.Get(Measure.Uss, i)),
                $"{_mappings.Range(i)} {_strings[_mappings.Names[i]]}");
        }
    }

    [Fact]
    public void Reads_what_is_present_and_stops_where_nothing_is()
    {
        var bytes = new byte[40 * Page];
        _target.Read(new Address(_program.Address("mixed") + 100), bytes).ShouldBe((int)(32 * Page - 100));
        bytes[0].ShouldBe((byte)'a');
        bytes[16 * Page - 101].ShouldBe((byte)'p');
        bytes[16 * Page - 100].ShouldBe((byte)0);
        _target.Read(new Address(_program.Address("mixed") + 40 * Page), bytes).ShouldBe(0);
        _target.Read(new Address(ulong.MaxValue - 10), bytes).ShouldBe(0);
        _target.Read(new Address(0xffffffffff600000), bytes).ShouldBe(0);
    }

    [Fact]
    public void Reads_present_pages_the_target_itself_may_not_touch()
    {
        var bytes = new byte[4 * Page];
        _target.Read(new Address(_program.Address("hidden")), bytes).ShouldBe(bytes.Length);
        bytes.ShouldAllBe(b => b == 'h');
    }

    [Fact]
    public void Reading_makes_nothing_resident()
    {
        var bytes = new byte[64 * Page];
        for (var i = 0UL; i < 64; i++)
            _target.Read(new Address(_program.Address("mixed") + i * Page), bytes);
        _target.Read(new Address(_program.Address("reserved") + (31UL << 30)), bytes);
        var after = new BlockTable();
        _target.ReadMappings(after, _strings, []);
        after.Starts.ToArray().ShouldBe(_mappings.Starts.ToArray());
        for (var i = 0; i < after.Count; i++)
            after.Get(Measure.TotalWs, i).ShouldBe(_mappings.Get(Measure.TotalWs, i));
        var pages = new PageState[16];
        _target.TryReadPages(AddressRange.Of(_program.Address("mixed") + 32 * Page, _program.Address("mixed") + 48 * Page), pages);
        pages.ShouldAllBe(p => p == PageState.None);
    }

    [Fact]
    public void Lists_threads_whose_names_hold_parentheses()
    {
        _target.Threads.Select(t => t.Name).ShouldBe(["reader_pages", "na) (me"]);
        _target.Threads.ShouldAllBe(t => t.State == 'T');
        _target.ThreadIds[0].ShouldBe(_program.Pid);
        _target.ThreadName(_target.ThreadIds[1]).ShouldBe("na) (me");
        _target.ThreadName(1).ShouldBeNull();
    }

    [Fact]
    public void Opens_the_file_behind_a_mapping()
    {
        var row = Enumerable.Range(0, _mappings.Count).First(i => _mappings.Inodes[i] != 0);
        using var file = _target.OpenMapped(_mappings, _strings, row);
        file.ShouldNotBeNull();
        file.IsDeleted.ShouldBeFalse();
        file.Read(0, 4).ShouldBe("\x7f"u8.ToArray().Concat("ELF"u8.ToArray()));
        file.Read(file.Length - 2, 100).Length.ShouldBe(2);
        var anonymous = Enumerable.Range(0, _mappings.Count).First(i => _mappings.Inodes[i] == 0);
        _target.OpenMapped(_mappings, _strings, anonymous).ShouldBeNull();
    }

    public void Dispose()
    {
        _target.Dispose();
        _program.Dispose();
    }

    AddressRange Range(string key, ulong pages) => AddressRange.Of(_program.Address(key), _program.Address(key) + pages * Page);
}
