using System.Globalization;
using VmAtlas.Capture.Linux.Tests.Odd;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Annotators;

/// <summary>One of every kind, told apart and measured as the program made it.</summary>
public sealed class KindTests : IClassFixture<KindTests.Kinds>
{
    public sealed class Kinds : IDisposable
    {
        readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-zoo-");
        readonly KernelSetting _huge = new("/proc/sys/vm/nr_hugepages", before => $"{int.Parse(before, CultureInfo.InvariantCulture) + 4}");

        public Kinds()
        {
            Target = TestTarget.Start("zoo_kinds", _folder.FullName);
            Snapshot = Zoo.Capture(Target);
        }

        public TestTarget Target { get; }

        public Snapshot Snapshot { get; }

        public string Folder => _folder.FullName;

        public void Dispose()
        {
            Target.Dispose();
            _huge.Dispose();
            Tool.Output("rm", "-r", _folder.FullName); // .NET can not name a file that is not UTF-8
        }
    }

    readonly Kinds _kinds;

    public KindTests(Kinds kinds) => _kinds = kinds;

    Snapshot Snapshot => _kinds.Snapshot;

    Region At(string key)
    {
        var why = _kinds.Target.Said["skipped"].FirstOrDefault(s => key.StartsWith(s.Split(':')[0], StringComparison.Ordinal));
        if (why is not null)
            Assert.Skip($"this machine does not do {why}");
        var range = _kinds.Target.Range(key);
        var region = Snapshot.RegionOf(range);
        region.Range().ShouldBe(range);
        return region;
    }

    [Theory]
    [InlineData("untouched", 64, 64, 0)]
    [InlineData("half-touched", 64, 64, 32)]
    [InlineData("prot-none", 1024, 0, 0)]
    [InlineData("noreserve", 1024, 0, 0)]
    [InlineData("reservation", 1024, 128, 128)]
    [InlineData("locked", 64, 64, 64)]
    [InlineData("lazily-freed", 4096, 4096, 4096)]
    [InlineData("guard-markers", 64, 64, 48)]
    [InlineData("thp", 8192, 8192, 8192)]
    public void Private_memory_is_private_data_of_the_size_made(string key, ulong size, ulong committed, ulong resident)
    {
        var region = At(key);
        region.Type.ShouldBe(MemoryType.PrivateData);
        (region.Get(Measure.Size) >> 10).ShouldBe(size);
        (region.Get(Measure.Committed) >> 10).ShouldBe(committed);
        (region.Get(Measure.TotalWs) >> 10).ShouldBe(resident);
    }

    [Fact]
    public void Parts_of_one_reservation_are_blocks_of_one_region()
    {
        var region = At("reservation");
        region.BlockList().Select(b => (b.Label, b.Get(Measure.Size) >> 10)).ShouldBe([("guard", 64UL), ("", 128UL), ("reserved", 832UL)]);
    }

    [Fact]
    public void Special_measures_are_those_of_the_program()
    {
        At("locked").Get(Measure.LockedWs).ShouldBe(64UL << 10);
        At("lazily-freed").Get(Measure.LazyFree).ShouldBeGreaterThan(3UL << 20);
        At("lazily-freed").Get(Measure.Dirty).ShouldBeLessThan(1UL << 20);
    }

    [Theory]
    [InlineData("shared-anonymous", "shared anonymous memory")]
    [InlineData("dev-zero", "shared anonymous memory")]
    [InlineData("memfd", "memfd zoo cage")]
    [InlineData("posix-shm", "POSIX shm /vmatlas-zoo")]
    [InlineData("secret", "secret memory (memfd_secret)")]
    [InlineData("hugetlb-shared", "huge pages (MAP_HUGETLB)")]
    public void Shared_memory_is_shareable_and_named(string key, string details)
    {
        var region = At(key);
        region.Type.ShouldBe(MemoryType.Shareable);
        region.Details.ShouldBe(details);
    }

    [Theory]
    [InlineData("io-uring-rings", "io_uring: rings (anon_inode:[io_uring])")]
    [InlineData("io-uring-entries", "io_uring: submission entries (anon_inode:[io_uring])")]
    public void Rings_shared_with_the_kernel_are_named(string key, string details)
    {
        var region = At(key);
        (region.Type, region.Details).ShouldBe((MemoryType.MappedFile, details));
    }

    [Fact]
    public void A_ring_of_asynchronous_io_is_named()
    {
        var why = _kinds.Target.Said["skipped"].FirstOrDefault(s => s.StartsWith("aio", StringComparison.Ordinal));
        Assert.SkipWhen(why is not null, $"this machine does not do {why}");
        Snapshot.RegionOf(_kinds.Target.Range("aio")).Details.ShouldStartWith("ring of asynchronous I/O");
    }

    [Fact]
    public void A_System_V_segment_is_named_by_its_id()
    {
        var region = At("sysv");
        region.Type.ShouldBe(MemoryType.Shareable);
        region.Details.ShouldBe($"System V shm {_kinds.Target.Said["sysv-id"].Single()} (key 0x00000000)");
    }

    [Fact]
    public void A_name_that_is_not_text_is_kept()
    {
        var region = At("memfd-odd");
        region.Details.ShouldStartWith("memfd \x1b[31m\ttab");
        region.Type.ShouldBe(MemoryType.Shareable);
    }

    [Fact]
    public void Huge_pages_set_aside_are_counted_apart()
    {
        var region = At("hugetlb");
        region.Get(Measure.Hugetlb).ShouldBe(4UL << 20);
        region.Get(Measure.TotalWs).ShouldBe(0UL);
        region.Fact("page-size").ShouldBe("2097152");
    }

    [Theory]
    [InlineData("file", "plain")]
    [InlineData("file-deleted", "gone")]
    [InlineData("file-called-deleted", "x (deleted)")]
    [InlineData("file-spaces", " two  spaces ")]
    [InlineData("file-newline", "new\\012line")]
    [InlineData("file-utf8", "façade")]
    [InlineData("file-escape", "\x1b[2J\a")]
    public void A_file_is_a_mapped_file_with_its_path(string key, string name)
    {
        var region = At(key);
        region.Type.ShouldBe(MemoryType.MappedFile);
        region.Details.ShouldStartWith($"{_kinds.Folder}/{name}");
    }

    [Fact]
    public void A_path_that_is_not_UTF8_keeps_its_bytes()
    {
        var region = At("file-not-utf8");
        Snapshot.Strings.Utf8(Snapshot.Regions.Details[region.Index])[^2..].ToArray().ShouldBe([(byte)0xff, (byte)0xfe]);
    }

    [Fact]
    public void A_data_mapping_of_an_ELF_file_is_a_mapped_file()
    {
        var region = At("elf-data");
        region.Type.ShouldBe(MemoryType.MappedFile);
        region.Details.ShouldEndWith("/zoo_kinds");
    }

    [Fact]
    public void A_file_whose_protection_was_changed_in_parts_is_one_region()
    {
        var region = At("file-split");
        region.BlockList().Count.ShouldBe(3);
        region.BlockList().Select(b => b.Protection.ToMapsText()).ShouldBe(["rw-p", "---p", "rw-p"]);
    }

    [Fact]
    public void Memory_that_grows_down_is_a_stack() => At("grows-down").Type.ShouldBe(MemoryType.Stack);

    [Fact]
    public void What_the_kernel_maps_itself_is_named()
    {
        var vdso = Snapshot.RegionsOf(MemoryType.Image).Single(r => r.Details == "[vdso]");
        vdso.BlockList().Select(b => b.Label).ShouldContain("vvar");
        vdso.Fact("build-id").ShouldNotBeNull();
        Snapshot.RegionsOf(MemoryType.Stack).Count(r => r.Reason.Contains("[stack]", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public void Every_region_says_why()
    {
        for (var i = 0; i < Snapshot.Regions.Count; i++)
            Snapshot.RegionAt(i).Reason.Length.ShouldBeGreaterThan(20);
    }

    [Fact]
    public void A_summary_without_blocks_has_the_same_regions()
    {
        // What other processes do not change meanwhile.
        Measure[] ownMeasures = [Measure.Size, Measure.Committed, Measure.Private, Measure.TotalWs, Measure.Anonymous, Measure.Swap];
        var quick = Zoo.Capture(_kinds.Target, CaptureOptions.Quick);
        string Draw(Snapshot snapshot) => string.Join('\n', Enumerable.Range(0, snapshot.Regions.Count).Select(snapshot.RegionAt).Select(r =>
            $"{r.Range()} {r.Type} {r.Details} {string.Join(' ', ownMeasures.Select(r.Get))}"));
        Draw(quick).ShouldBe(Draw(Snapshot));
        quick.Blocks.Count.ShouldBeLessThan(Snapshot.Blocks.Count);
    }
}
