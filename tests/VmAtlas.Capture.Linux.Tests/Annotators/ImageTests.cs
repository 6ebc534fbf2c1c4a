using System.Globalization;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Annotators;

/// <summary>What the target's own loader says of its objects (dl_iterate_phdr), against the map.</summary>
public sealed class ImageTests : IClassFixture<ImageTests.Images>
{
    public sealed class Images : IDisposable
    {
        readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-zoo-");

        public Images()
        {
            Target = TestTarget.Start("zoo_images", _folder.FullName);
            Snapshot = Zoo.Capture(Target);
            Segments = [.. Target.Said["segment"].Select(Parse)];
        }

        public TestTarget Target { get; }

        public Snapshot Snapshot { get; }

        /// <summary>Load bias, memory and name of each PT_LOAD of each object.</summary>
        public IReadOnlyList<(ulong Bias, AddressRange Memory, string Name)> Segments { get; }

        public void Dispose()
        {
            Target.Dispose();
            _folder.Delete(recursive: true);
        }

        static (ulong, AddressRange, string) Parse(string line)
        {
            var words = line.Split(' ', 4);
            var start = Convert.ToUInt64(words[1], 16);
            return (Convert.ToUInt64(words[0], 16), AddressRange.Of(start, start + ulong.Parse(words[2], CultureInfo.InvariantCulture)), words[3]);
        }
    }

    readonly Images _images;

    public ImageTests(Images images) => _images = images;

    Snapshot Snapshot => _images.Snapshot;

    [Fact]
    public void Every_segment_of_every_object_lies_in_one_image_from_end_to_end()
    {
        foreach (var (bias, memory, name) in _images.Segments)
        {
            var region = Snapshot.RegionOf(memory);
            region.Type.ShouldBe(MemoryType.Image, name);
            region.Fact("load-bias").ShouldBe(name == "linux-vdso.so.1" ? null : $"0x{bias:x}", name);
            for (var at = memory.Start.Value & ~4095UL; at < memory.End.Value; at += 4096)
                Snapshot.Find(new Address(at)).ShouldNotBeNull().Index.ShouldBe(region.Index, $"{at:x} of {name}");
        }
    }

    [Fact]
    public void Images_are_no_more_than_the_loaders_segments()
    {
        var pages = new HashSet<ulong>();
        foreach (var (_, memory, name) in _images.Segments.Where(s => s.Name != "linux-vdso.so.1"))
        {
            for (var at = memory.Start.Value & ~4095UL; at < memory.End.Value; at += 4096)
                pages.Add(at);
        }
        // The second copy's namespace has a libc of its own, which dl_iterate_phdr does not tell of: only what it tells is compared.
        var told = _images.Segments.Select(s => $"0x{s.Bias:x}").ToHashSet();
        foreach (var region in Snapshot.RegionsOf(MemoryType.Image).Where(r => r.Fact("load-bias") is { } bias && told.Contains(bias)))
        {
            foreach (var block in region.Blocks)
            {
                if (block.Label == "gap")
                    continue;
                for (var at = block.Range.Start.Value; at < block.Range.End.Value; at += 4096)
                    pages.ShouldContain(at, $"{region.Details} {block.Label}");
            }
        }
    }

    [Fact]
    public void A_library_loaded_twice_is_two_images()
    {
        var second = _images.Target.Said["second-copy"].Single().Split(' ')[0];
        var copies = Snapshot.RegionsOf(MemoryType.Image).Where(r => r.Details.EndsWith("/libm.so.6", StringComparison.Ordinal)).ToList();
        copies.Count.ShouldBe(2);
        copies.Select(r => r.Fact("load-bias")).ShouldContain($"0x{second}");
        copies.Count(r => r.Fact("copy") == "2").ShouldBe(1);
    }

    [Fact]
    public void A_deleted_library_is_an_image_with_sections()
    {
        var gone = Snapshot.RegionsOf(MemoryType.Image).Single(r => r.Details.Contains("libgone.so", StringComparison.Ordinal));
        gone.BlockList().ShouldContain(b => b.Label.Contains(".text", StringComparison.Ordinal));
    }

    [Fact]
    public void Build_ids_are_those_of_the_files()
    {
        var libm = Snapshot.RegionsOf(MemoryType.Image).First(r => r.Details.EndsWith("/libm.so.6", StringComparison.Ordinal));
        Tool.Output("readelf", "-n", libm.Details).ShouldContain($"Build ID: {libm.Fact("build-id")}");
    }

    [Fact]
    public void Sections_lie_where_readelf_says()
    {
        var libm = Snapshot.RegionsOf(MemoryType.Image).First(r => r.Details.EndsWith("/libm.so.6", StringComparison.Ordinal));
        var bias = Convert.ToUInt64(libm.Fact("load-bias"), 16);
        var sections = Tool.Output("readelf", "-SW", libm.Details).Split('\n').Select(l => l.Replace("[ ", "[", StringComparison.Ordinal)
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(w => w.Length > 7 && w[0].StartsWith('[') && w[1].StartsWith('.'));
        var seen = 0;
        foreach (var words in sections)
        {
            var (start, size) = (Convert.ToUInt64(words[3], 16), Convert.ToUInt64(words[5], 16));
            // The middle of a section of several pages is of no other section.
            if (start == 0 || size < 3 * 4096)
                continue;
            var block = Snapshot.BlockAt(Snapshot.Blocks.IndexOf(new Address(bias + start + size / 2)));
            block.Label.Split(' ').ShouldContain(words[1]);
            seen++;
        }
        seen.ShouldBeGreaterThan(3);
    }

    [Fact]
    public void The_programs_own_bss_is_in_its_image()
    {
        var bss = _images.Target.Range("bss");
        var region = Snapshot.RegionOf(bss);
        region.Details.ShouldEndWith("/zoo_images");
        Snapshot.BlockAt(Snapshot.Blocks.IndexOf(new Address(bss.End.Value - 1))).Label.ShouldBe(".bss");
    }

    [Fact]
    public void Without_blocks_images_are_cut_where_regions_meet_and_nowhere_else()
    {
        var quick = Zoo.Capture(_images.Target, CaptureOptions.Quick);
        var mappings = File.ReadLines($"/proc/{_images.Target.Pid}/maps").Count();
        quick.Blocks.Count.ShouldBeLessThan(mappings + 4);
        quick.RegionsOf(MemoryType.Image).Count().ShouldBe(Snapshot.RegionsOf(MemoryType.Image).Count());
    }
}
