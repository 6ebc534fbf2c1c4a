using System.Diagnostics;
using VmAtlas.Capture.Linux.Annotators;
using VmAtlas.Capture.Linux.Tests.Annotators;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Runtimes;

/// <summary>Other programs' mallocs in the place of glibc's: in a program that knows its blocks, and in a real one.</summary>
public sealed class AllocatorTests
{
    const string Libraries = "/usr/lib/x86_64-linux-gnu";

    static Snapshot Capture(int pid)
    {
        using var target = new LinuxTarget(pid);
        var snapshot = new CapturePipeline(target, LinuxAnnotators.All).Capture();
        Laws.Check(snapshot).ShouldBeEmpty();
        return snapshot;
    }

    static string Library(string name)
    {
        var path = Path.Combine(Libraries, name);
        Assert.SkipUnless(File.Exists(path), $"{name} is not installed");
        return path;
    }

    /// <param name="takesImages">musl's loader gives malloc what is left over of images' last pages.</param>
    static void BlocksShouldBe(TestTarget target, string name, bool takesImages = false)
    {
        var snapshot = Capture(target.Pid);
        var blocks = target.Said["block"].Select(line => new Address(Convert.ToUInt64(line, 16))).ToList();
        blocks.Count.ShouldBeGreaterThan(100);
        foreach (var block in blocks)
        {
            var region = snapshot.Find(block).ShouldNotBeNull();
            if (takesImages && region.Type == MemoryType.Image)
                continue;
            (region.Type, region.Details).ShouldBeOneOf((MemoryType.Heap, name), (MemoryType.Heap, $"[heap], {name}"), (MemoryType.Heap, "[heap]"));
        }
    }

    [Theory]
    [InlineData("libjemalloc.so.2", "jemalloc")]
    [InlineData("libtcmalloc_minimal.so.4", "tcmalloc")]
    [InlineData("libtcmalloc.so.4", "tcmalloc")]
    [InlineData("libmimalloc.so.2.0", "mimalloc")]
    public void Blocks_of_another_malloc_lie_in_heaps_of_its_name(string library, string name)
    {
        using var target = TestTarget.Start("/usr/bin/env", $"LD_PRELOAD={Library(library)}", Path.Combine(Repository.Targets, "any_malloc"));
        BlocksShouldBe(target, name);
    }

    [Theory]
    [InlineData("libjemalloc.so.2", "jemalloc")]
    [InlineData("libtcmalloc_minimal.so.4", "tcmalloc")]
    [InlineData("libmimalloc.so.2.0", "mimalloc")]
    public void A_real_program_under_another_malloc_has_hardly_any_memory_without_a_name(string library, string name)
    {
        var python = RealProgram.Find("python3");
        Assert.SkipWhen(python is null, "python3 is not installed");
        using var target = TestTarget.Start("/usr/bin/env", $"LD_PRELOAD={Library(library)}", "PYTHONMALLOC=malloc", python!,
            Path.Combine(Repository.Root, "tests", "targets", "runtimes", "hold.py"));
        var snapshot = Capture(target.Pid);
        var (all, heap) = (0UL, 0UL);
        for (var i = 0; i < snapshot.Regions.Count; i++)
        {
            var region = snapshot.RegionAt(i);
            if (region.Type is not (MemoryType.Heap or MemoryType.PrivateData))
                continue;
            all += region.Get(Measure.PrivateWs);
            heap += region.Details.Contains(name, StringComparison.Ordinal) ? region.Get(Measure.PrivateWs) : 0;
        }
        ((double)heap / all).ShouldBeGreaterThan(0.95);
    }

    /// <summary>Neither has a library that could be seen.</summary>
    [Theory]
    [InlineData("musl", "-static")]
    [InlineData("musl")]
    public void Musl_is_recognised_linked_statically_and_not(string name, params string[] options)
    {
        var compiler = RealProgram.Find("musl-gcc");
        Assert.SkipWhen(compiler is null, "musl-gcc is not installed");
        using var built = new BuiltProgram(compiler!, options);
        using var target = TestTarget.Start(built.Path);
        BlocksShouldBe(target, name, takesImages: true);
    }

    /// <summary>Linked into the program: with its symbols, stripped of them, without any shared library, and beside glibc's malloc, under names of its own.</summary>
    [Theory]
    [InlineData("libjemalloc.a", "jemalloc")]
    [InlineData("libjemalloc.a", "jemalloc", "-s")]
    [InlineData("libjemalloc.a", "jemalloc", "-static")]
    [InlineData("libtcmalloc_minimal.a", "tcmalloc")]
    [InlineData("libtcmalloc_minimal.a", "tcmalloc", "-s")]
    [InlineData("libtcmalloc_minimal.a", "tcmalloc", "-static", "-s")]
    public void An_allocator_linked_into_the_program_is_recognised(string library, string name, params string[] options)
    {
        var compiler = RealProgram.Find("g++");
        Assert.SkipWhen(compiler is null, "g++ is not installed");
        using var built = new BuiltProgram(compiler!, ["-no-pie", "-fpermissive", "-w", .. options], "-Wl,--whole-archive", Library(library), "-Wl,--no-whole-archive", "-pthread", "-ldl");
        using var target = TestTarget.Start(built.Path);
        BlocksShouldBe(target, name);
        var (all, named) = (0UL, 0UL);
        var snapshot = Capture(target.Pid);
        for (var i = 0; i < snapshot.Regions.Count; i++)
        {
            var region = snapshot.RegionAt(i);
            if (region.Type is not (MemoryType.Heap or MemoryType.PrivateData))
                continue;
            all += region.Get(Measure.PrivateWs);
            named += region.Type == MemoryType.Heap ? region.Get(Measure.PrivateWs) : 0;
        }
        ((double)named / all).ShouldBeGreaterThan(0.95);
    }

    /// <summary>As Rust programs have it: the program's blocks are jemalloc's, the C library's own are glibc's.</summary>
    [Fact]
    public void An_allocator_beside_glibcs_is_recognised_by_its_symbols()
    {
        var (compiler, rename) = (RealProgram.Find("gcc"), RealProgram.Find("objcopy"));
        Assert.SkipWhen(compiler is null || rename is null, "gcc and objcopy are not installed");
        var folder = Directory.CreateTempSubdirectory("vmatlas-je-");
        try
        {
            string[] names = ["malloc", "free", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign", "valloc", "malloc_usable_size"];
            var library = Path.Combine(folder.FullName, "libje.a");
            using (var renaming = Process.Start(rename!, [.. names.SelectMany(n => (string[])["--redefine-sym", $"{n}=je_{n}"]), Library("libjemalloc.a"), library]))
                renaming.WaitForExit();
            using var built = new BuiltProgram(compiler!, ["-Dmalloc=je_malloc", "-Dfree=je_free", "-w"], library, "-pthread", "-ldl", "-lm", "-lstdc++");
            using var target = TestTarget.Start(built.Path);
            BlocksShouldBe(target, "jemalloc");
            Capture(target.Pid).RegionsOf(MemoryType.Heap).ShouldContain(r => r.Details == "[heap]", "glibc's malloc is at work too");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>any_malloc.c, built with other means than the rest.</summary>
    sealed class BuiltProgram : IDisposable
    {
        readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-malloc-");

        public BuiltProgram(string compiler, string[] options, params string[] libraries)
        {
            Path = System.IO.Path.Combine(_folder.FullName, "any_malloc");
            var source = System.IO.Path.Combine(Repository.Root, "tests", "targets", "any_malloc.c");
            using var build = Process.Start(compiler, [.. options, "-O1", "-fno-builtin", "-o", Path, source, .. libraries]);
            build.WaitForExit();
            build.ExitCode.ShouldBe(0);
        }

        public string Path { get; }

        public void Dispose() => _folder.Delete(recursive: true);
    }

    /// <summary>The shape alone: a copy of the library under a name that says nothing.</summary>
    [Fact]
    public void Mimalloc_is_recognised_by_the_shape_of_its_segments()
    {
        var copy = Path.Combine(Directory.CreateTempSubdirectory("vmatlas-mi-").FullName, "libsomething.so");
        try
        {
            File.Copy(Library("libmimalloc.so.2.0"), copy);
            using var target = TestTarget.Start("/usr/bin/env", $"LD_PRELOAD={copy}", Path.Combine(Repository.Targets, "any_malloc"));
            BlocksShouldBe(target, "mimalloc");
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(copy)!, recursive: true);
        }
    }

    [Fact]
    public void Memory_that_a_program_maps_itself_is_no_allocators()
    {
        using var target = TestTarget.Start("zoo_mappings", "64", "anonymous");
        var snapshot = Capture(target.Pid);
        for (var i = 0; i < snapshot.Regions.Count; i++)
            snapshot.RegionAt(i).Details.ShouldNotBeOneOf("musl", "mimalloc");
    }
}
