using VmAtlas.Capture.Linux.Tests.Images;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Tests.Annotators;

/// <summary>What this machine may not show: names by PR_SET_VMA, Wine's images, layouts of other kernels and loaders.</summary>
public sealed class RecordedTests
{
    const ulong At = 0x7f0000000000;

    static string Draw(Snapshot snapshot) => string.Join(" | ", Enumerable.Range(0, snapshot.Blocks.Count).Select(snapshot.BlockAt).Select(b =>
        $"{(b.Range.Start.Value - At) >> 12:x}-{(b.Range.End.Value - At) >> 12:x} {b.Region.Type} {b.Region.Details} {b.Label}".Trim()));

    [Theory]
    [InlineData("[anon: glibc: malloc]", MemoryType.Heap, "glibc: malloc")]
    [InlineData("[anon: glibc: pthread stack: 4712]", MemoryType.Stack, "glibc: pthread stack: 4712")]
    [InlineData("[anon:jemalloc_pg]", MemoryType.Heap, "jemalloc_pg")]
    [InlineData("[anon: Go: heap]", MemoryType.ManagedHeap, "Go: heap")]
    [InlineData("[anon:my own pool]", MemoryType.PrivateData, "my own pool")]
    [InlineData("[anon:odd ] name]", MemoryType.PrivateData, "odd ] name")]
    public void Memory_that_the_program_named_has_its_name(string name, MemoryType type, string details)
    {
        var region = new RecordedTarget().Add(At, 0x4000, "rw-p", name).Capture().RegionAt(0);
        (region.Type, region.Details).ShouldBe((type, details));
    }

    [Fact]
    public void Neighbours_of_one_name_are_one_region_and_others_are_not()
    {
        var snapshot = new RecordedTarget()
            .Add(At, 0x2000, "rw-p", "[anon:pool]").Add(At + 0x2000, 0x1000, "---p", "[anon:pool]")
            .Add(At + 0x3000, 0x1000, "rw-p", "[anon:other]").Add(At + 0x5000, 0x1000, "rw-p", "[anon:pool]").Capture();
        Draw(snapshot).ShouldBe("0-2 PrivateData pool | 2-3 PrivateData pool | 3-4 PrivateData other | 5-6 PrivateData pool");
        snapshot.Regions.Count.ShouldBe(3);
    }

    [Fact]
    public void Shared_memory_that_the_program_named_is_shareable()
    {
        var region = new RecordedTarget().Add(At, 0x2000, "rw-s", "[anon_shmem:ring]", inode: 9).Capture().RegionAt(0);
        (region.Type, region.Details).ShouldBe((MemoryType.Shareable, "ring"));
    }

    [Fact]
    public void A_reservation_joins_only_what_has_the_flags_of_its_mapping()
    {
        var snapshot = new RecordedTarget()
            .Add(At, 0x1000, "rw-p", flags: "nr").Add(At + 0x1000, 0x20000, "---p", flags: "nr").Add(At + 0x21000, 0x2000, "rw-p", flags: "nr ac dd")
            .Add(At + 0x23000, 0x1000, "---p", flags: "nr lo").Add(At + 0x24000, 0x4000, "rw-p", flags: "ac").Capture();
        Draw(snapshot).ShouldBe("0-1 PrivateData | 1-21 PrivateData  reserved | 21-23 PrivateData | 23-24 PrivateData  guard | 24-28 PrivateData");
        snapshot.Regions.Count.ShouldBe(2);
    }

    [Fact]
    public void Accessible_neighbours_are_not_joined() =>
        new RecordedTarget().Add(At, 0x1000, "rw-p").Add(At + 0x1000, 0x1000, "r--p").Capture().Regions.Count.ShouldBe(2);

    /// <summary>Uprobes get their page only once a probe was hit; the kernel here has none, nor clocks of their own for namespaces.</summary>
    [Theory]
    [InlineData("[uprobes]", "--xp", MemoryType.PrivateData, "[uprobes]")]
    [InlineData("[vsyscall]", "--xp", MemoryType.Image, "[vsyscall]")]
    [InlineData("[vdso]", "r-xp", MemoryType.Image, "[vdso]")]
    [InlineData("[vvar]", "r--p", MemoryType.Image, "[vdso]")]
    [InlineData("[vvar_vclock]", "r--p", MemoryType.Image, "[vdso]")]
    public void Pages_of_the_kernels_own_have_its_names(string name, string access, MemoryType type, string details)
    {
        var region = new RecordedTarget().Add(At, 0x1000, access, name).Capture().RegionAt(0);
        (region.Type, region.Details).ShouldBe((type, details));
        region.Reason.ShouldStartWith("the kernel calls it");
    }

    [Theory]
    [InlineData("/dev/dri/card0", "/dev/dri/card0: graphics memory")]
    [InlineData("/dev/nvidia0", "/dev/nvidia0: graphics memory (NVIDIA)")]
    [InlineData("/dev/infiniband/uverbs0", "/dev/infiniband/uverbs0: RDMA device")]
    [InlineData("/dev/strange", "/dev/strange")]
    [InlineData("/dmabuf:wl_shm", "DMA buffer (/dmabuf:wl_shm)")]
    [InlineData("/[aio] (deleted)", "ring of asynchronous I/O (io_setup) (/[aio])")]
    [InlineData("socket:[4711]", "ring of a packet or XDP socket (socket:[4711])")]
    [InlineData("anon_inode:[perf_event]", "ring of perf events (anon_inode:[perf_event])")]
    [InlineData("anon_inode:[new]", "object of the kernel (anon_inode:[new])")]
    [InlineData("anon_inode:[io_uring]", "io_uring: rings (anon_inode:[io_uring])")]
    public void Devices_and_objects_of_the_kernel_are_mapped_files_that_say_what_they_are(string name, string details)
    {
        var region = new RecordedTarget().Add(At, 0x1000, "rw-s", name, inode: 5, flags: "io pf").Capture().RegionAt(0);
        (region.Type, region.Details).ShouldBe((MemoryType.MappedFile, details));
    }

    [Fact]
    public void A_PE_image_laid_out_from_its_file_with_anonymous_copies_is_one_image()
    {
        var file = PeMaker.Make(0x40000, managed: false, (".text", 0x1000, 0x1800, 0x400, PeMaker.Code), (".data", 0x20000, 0x100, 0x2000, PeMaker.Data));
        var snapshot = new RecordedTarget()
            .Add(At, 0x1000, "r--p", "/c/target.exe", inode: 7).Add(At + 0x1000, 0x2000, "r-xp").Add(At + 0x3000, 0x1d000, "---p")
            .Add(At + 0x20000, 0x1000, "rw-p", "/c/target.exe", offset: 0x2000, inode: 7).Add(At + 0x21000, 0x30000, "rw-p")
            .Put(At, file).Capture();
        Draw(snapshot).ShouldBe("0-1 Image /c/target.exe header | 1-3 Image /c/target.exe .text | 3-20 Image /c/target.exe gap"
            + " | 20-21 Image /c/target.exe .data | 21-40 Image /c/target.exe | 40-51 PrivateData");
    }

    [Fact]
    public void A_PE_image_that_is_an_anonymous_copy_throughout_is_an_image_without_a_path()
    {
        var file = PeMaker.Make(0x4000, managed: true, (".text", 0x1000, 0x1000, 0x400, PeMaker.Code), (".rsrc", 0x2000, 0x100, 0x1400, PeMaker.ReadOnlyData));
        var snapshot = new RecordedTarget().Add(At, 0x1000, "r--p").Add(At + 0x1000, 0x1000, "r-xp").Add(At + 0x2000, 0x2000, "r--p").Put(At, file).Capture();
        snapshot.Regions.Count.ShouldBe(1);
        (snapshot.RegionAt(0).Type, snapshot.RegionAt(0).Details, snapshot.RegionAt(0).Fact("format")).ShouldBe((MemoryType.Image, "PE image without a file", "PE, managed"));
    }

    [Fact]
    public void A_flat_view_of_a_PE_file_is_a_mapped_file()
    {
        var file = PeMaker.Make(0x4000, managed: true, (".text", 0x1000, 0x1000, 0x400, PeMaker.Code), (".rsrc", 0x2000, 0x100, 0x1400, PeMaker.ReadOnlyData));
        foreach (var access in (string[])["r--s", "r--p"])
            new RecordedTarget().Add(At, 0x4000, access, "/app/a.dll", inode: 3).Put(At, file).Capture().RegionAt(0).Type.ShouldBe(MemoryType.MappedFile);
    }

    [Fact]
    public void A_copy_of_a_PE_file_in_a_buffer_is_private_data()
    {
        var file = PeMaker.Make(0x4000, managed: true, (".text", 0x1000, 0x1000, 0x400, PeMaker.Code));
        new RecordedTarget().Add(At, 0x10000, "rw-p").Put(At, file).Capture().RegionAt(0).Type.ShouldBe(MemoryType.PrivateData);
    }

    [Fact]
    public void Memory_that_the_kernel_merged_behind_bss_is_cut_off()
    {
        // Two segments; .bss reaches 0x1800 beyond its file page, and [heap] follows without a gap, as without randomisation.
        var elf = ElfMaker.Make((0, 0x1000, 0x1000, 5), (0x1000, 0x800, 0x2800, 6));
        var snapshot = new RecordedTarget().Add(At, 0x1000, "r-xp", "/bin/old", inode: 2).Add(At + 0x1000, 0x1000, "rw-p", "/bin/old", offset: 0x1000, inode: 2)
            .Add(At + 0x2000, 0x9000, "rw-p", "[heap]").Put(At, elf).Capture();
        Draw(snapshot).ShouldBe("0-1 Image /bin/old r-x segment | 1-2 Image /bin/old rw- segment | 2-4 Image /bin/old .bss | 4-b Heap [heap]");
        snapshot.Summary[MemoryType.Image].Blocks.ShouldBe(3, "the merged mapping begins in the image");
    }

    [Fact]
    public void Code_copied_to_anonymous_pages_is_still_of_its_image()
    {
        var elf = ElfMaker.Make((0, 0x800, 0x800, 4), (0x1000, 0x2000, 0x2000, 5), (0x3000, 0x800, 0x800, 6));
        var snapshot = new RecordedTarget().Add(At, 0x1000, "r--p", "/bin/big", inode: 2).Add(At + 0x1000, 0x2000, "r-xp")
            .Add(At + 0x3000, 0x1000, "rw-p", "/bin/big", offset: 0x3000, inode: 2).Put(At, elf).Capture();
        Draw(snapshot).ShouldBe("0-1 Image /bin/big r-- segment | 1-3 Image /bin/big r-x segment | 3-4 Image /bin/big rw- segment");
    }

    [Fact]
    public void Holes_of_an_image_keep_their_own_owners()
    {
        var elf = ElfMaker.Make((0, 0x1000, 0x1000, 5), (0x5000, 0x1000, 0x1000, 6));
        var snapshot = new RecordedTarget().Add(At, 0x1000, "r-xp", "/lib/a.so", inode: 2).Add(At + 0x2000, 0x1000, "rw-s", "/dev/shm/x", inode: 8)
            .Add(At + 0x3000, 0x1000, "---p", "/lib/a.so", offset: 0x3000, inode: 2).Add(At + 0x5000, 0x1000, "rw-p", "/lib/a.so", offset: 0x5000, inode: 2).Put(At, elf).Capture();
        Draw(snapshot).ShouldBe("0-1 Image /lib/a.so r-x segment | 2-3 Shareable POSIX shm /x | 3-4 Image /lib/a.so gap | 5-6 Image /lib/a.so rw- segment");
    }

    [Fact]
    public void An_object_without_code_is_an_image_where_its_segments_lie_apart_and_a_file_where_it_lies_flat()
    {
        var elf = ElfMaker.Make((0, 0x1000, 0x1000, 4), (0x1000, 0x1000, 0x1000, 6));
        new RecordedTarget().Add(At, 0x1000, "r--p", "/lib/data.so", inode: 2).Add(At + 0x1000, 0x1000, "rw-p", "/lib/data.so", offset: 0x1000, inode: 2).Put(At, elf)
            .Capture().RegionAt(0).Type.ShouldBe(MemoryType.Image);
        new RecordedTarget().Add(At, 0x2000, "r--p", "/lib/data.so", inode: 2).Put(At, elf).Capture().RegionAt(0).Type.ShouldBe(MemoryType.MappedFile);
    }

    [Fact]
    public void Headers_that_lie_never_claim_more_than_mappings_of_the_file_and_anonymous_memory_within()
    {
        var random = new Random(11);
        for (var round = 0; round < 2000; round++)
        {
            var elf = ElfMaker.Make((0, 0x1000, 0x1000, 5), (0x2000, 0x800, 0x3000, 6));
            for (var hits = random.Next(1, 8); hits > 0; hits--)
                elf[random.Next(elf.Length)] = (byte)random.Next(256);
            var snapshot = new RecordedTarget().Add(At, 0x1000, "r-xp", "/lib/a.so", inode: 2).Add(At + 0x2000, 0x1000, "rw-p", "/lib/a.so", offset: 0x2000, inode: 2)
                .Add(At + 0x3000, 0x4000, "rw-p").Add(At + 0x7000, 0x1000, "rw-s", "/dev/shm/x", inode: 8).Put(At, elf).Capture();
            snapshot.Find(new Address(At + 0x7000))!.Value.Type.ShouldBe(MemoryType.Shareable);
        }
    }
}
