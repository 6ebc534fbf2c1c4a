using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Heaps;

/// <summary>Releases of glibc other than the machine's, built by <c>tests/glibc/build</c>: what malloc says of itself in each.</summary>
public sealed class OtherGlibcTests
{
    const string Variable = "VMATLAS_GLIBCS";

    static readonly string[] s_folders = (Environment.GetEnvironmentVariable(Variable) ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);

    static readonly string[] s_shapes =
        ["untouched", "plain", "arenas", "shared", "fastbins", "large-arena", "mapped", "trimmed", "foreign", "aligned", "no-break", "big-freed"];

    [Fact]
    public void Totals_are_those_that_malloc_gives_and_in_use_is_what_the_program_holds()
    {
        Assert.SkipWhen(s_folders.Length == 0, $"no other glibc is here: {Variable} names what tests/glibc/build made");
        foreach (var folder in s_folders)
        {
            foreach (var shape in s_shapes)
                Check(folder, shape);
        }
    }

    static void Check(string folder, string shape)
    {
        var of = $"{shape} of {folder}";
        using var target = TestTarget.Start(Path.Combine(folder, "heap_shapes"), shape);
        var report = HeapTests.Read(target.Pid);
        report.Problems.ShouldBeEmpty(of);
        report.Totals.ShouldBe(HeapTests.Said(target), of);
        report.Approximate.ShouldBeFalse(of);
        // The rest is the C library's; what lies in thread caches, the program does not hold.
        var (blocks, threads) = (ulong.Parse(target.Said["blocks"].Single()), ulong.Parse(target.Said["threads"].Single()));
        report.InUse.Chunks.ShouldBeInRange(blocks, blocks + 3 * threads + 8, of);
    }
}
