using VmAtlas.Model;

namespace VmAtlas.Tracing.Tests;

public sealed class OperatorNewTests
{
    static readonly ulong[] s_sizes = [60001, 60003, 60005, 60007, 60032, 60096, 60160, 60224];

    [Theory]
    [InlineData("")]
    [InlineData("libjemalloc.so.2")]
    [InlineData("libtcmalloc_minimal.so.4")]
    [InlineData("libmimalloc.so.2.0")]
    public void Every_form_of_new_is_seen_once_whatever_the_allocator(string allocator)
    {
        var run = Run(allocator);
        var live = run.Program.Live.Values.Select(e => e.Size).ToList();
        foreach (var size in s_sizes)
            live.Count(s => s == size).ShouldBe(1, $"{size} of {string.Join(' ', live.Where(s => s is > 60000 and < 60300))}");
        if (!allocator.StartsWith("libmimalloc", StringComparison.Ordinal)) // built as C, its operator new ends the program where others throw
            run.Said.ShouldContain("caught");
    }

    [Theory]
    [InlineData("")]
    [InlineData("libjemalloc.so.2")]
    [InlineData("libtcmalloc_minimal.so.4")]
    [InlineData("libmimalloc.so.2.0")]
    public void Every_form_of_delete_is_seen_once_whatever_the_allocator(string allocator)
    {
        var run = Run(allocator, "delete");
        run.Program.TotalCount.ShouldBeGreaterThanOrEqualTo(s_sizes.Length);
        run.Program.Live.Values.ShouldNotContain(e => e.Size >= 60000 && e.Size < 60300);
        run.Program.UnknownFrees.ShouldBe(0);
    }

    static TraceRun Run(string allocator, params string[] arguments)
    {
        var path = Path.Combine("/usr/lib/x86_64-linux-gnu", allocator);
        if (allocator.Length > 0 && !File.Exists(path))
            Assert.Skip($"{path} is not installed");
        var options = new TraceOptions { Variables = allocator.Length == 0 ? null : new Dictionary<string, string> { ["LD_PRELOAD"] = path } };
        return TraceRun.Of(options, TraceRun.Target("new_zoo"), arguments);
    }
}
