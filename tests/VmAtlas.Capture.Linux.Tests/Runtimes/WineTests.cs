using System.Diagnostics;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Runtimes;

/// <summary>A Windows program under Wine, against what it knows of itself.</summary>
public sealed class WineTests : RuntimeTest
{
    const string Loader = "/usr/lib/wine/wine64";

    [Fact]
    public void Heaps_and_stacks_are_where_the_program_has_them()
    {
        Assert.SkipUnless(File.Exists(Loader), "Wine is not installed");
        var compiler = Tool("x86_64-w64-mingw32-gcc");
        var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "wine")).FullName;
        var program = Path.Combine(folder, "hold_wine.exe");
        Output(compiler, "-O1", "-o", program, Source("hold_wine.c"));
        using var server = Prefix(Path.Combine(folder, "prefix"));
        using var target = TestTarget.Start("/usr/bin/env", $"WINEPREFIX={folder}/prefix", "WINEDEBUG=-all", Loader, program);
        var snapshot = Capture(target.Pid);
        var heaps = target.Said["heap"].Select(h => Convert.ToUInt64(h.Trim(), 16)).ToList();
        heaps.Count.ShouldBeGreaterThan(1);
        foreach (var heap in heaps)
        {
            snapshot.Find(new Address(heap)).ShouldNotBeNull().ShouldSatisfyAllConditions(
                r => r.Type.ShouldBe(MemoryType.Heap),
                r => r.Details.ShouldBe($"NT heap 0x{heap:x}"));
        }
        Sum(snapshot, "NT heap", Measure.TotalWs).ShouldBeGreaterThan(2000UL * 5000);
        var stack = target.Said["stack"].Single().Trim().Split(' ').Select(a => Convert.ToUInt64(a, 16)).ToList();
        var region = snapshot.Find(new Address(stack[1] - 8)).ShouldNotBeNull();
        region.Type.ShouldBe(MemoryType.Stack);
        region.Details.ShouldStartWith("Windows thread");
        // Wine's own stack for the thread's system calls follows at once.
        (region.End.Value - stack[1]).ShouldBe(1UL << 20);
        snapshot.BlockAt(snapshot.Blocks.IndexOf(new Address(stack[1]))).Label.ShouldBe("for system calls");
        (region.Start.Value <= stack[0]).ShouldBeTrue();
    }

    /// <summary>A folder for Wine, made once; the server is started in front, so that it ends with the test and not a while after.</summary>
    static Process Prefix(string folder)
    {
        var boot = new ProcessStartInfo("/usr/lib/wine/wineserver64", ["-f", "-p0"]) { Environment = { ["WINEPREFIX"] = Directory.CreateDirectory(folder).FullName } };
        var server = Process.Start(boot)!;
        if (!File.Exists(Path.Combine(folder, "system.reg")))
            Output("/usr/bin/env", $"WINEPREFIX={folder}", "WINEDEBUG=-all", Loader, "wineboot", "-i");
        return server;
    }
}
