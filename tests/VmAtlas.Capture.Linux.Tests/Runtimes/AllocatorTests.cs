using System.Diagnostics;
using VmAtlas.Capture.Linux.Annotators;
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
        var program = Path.Combine(Directory.CreateTempSubdirectory("vmatlas-musl-").FullName, "any_malloc");
        try
        {
            using (var build = Process.Start(compiler!, [.. options, "-O1", "-o", program, Path.Combine(Repository.Root, "tests", "targets", "any_malloc.c")]))
            {
                build.WaitForExit();
                build.ExitCode.ShouldBe(0);
            }
            using var target = TestTarget.Start(program);
            BlocksShouldBe(target, name, takesImages: true);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(program)!, recursive: true);
        }
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
