using System.Diagnostics;
using VmAtlas.Capture.Linux.Annotators;
using VmAtlas.Capture.Linux.Cores;
using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Cores;

/// <summary>Cores of real processes against the processes themselves, one made up, and ones that lie.</summary>
public sealed class CoreTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-core-");

    [Fact]
    public void A_core_that_gdb_wrote_has_what_the_stopped_process_has()
    {
        var gdb = File.Exists("/usr/bin/gdb") ? "/usr/bin/gdb" : null;
        Assert.SkipWhen(gdb is null, "gdb is not installed");
        using var target = TestTarget.Start("heap_shapes");
        var path = Path.Combine(_folder.FullName, "core");
        target.Stop();
        using var live = new LinuxTarget(target.Pid);
        var before = new CapturePipeline(live, LinuxAnnotators.All).Capture(TestContext.Current.CancellationToken);
        var heap = HeapOf(live);
        Run(gdb!, "-p", $"{target.Pid}", "-batch", "-ex", $"gcore {path}");
        using var core = CoreTarget.Open(path);
        var after = Capture(core);
        after.Process.ShouldSatisfyAllConditions(
            p => p.Pid.ShouldBe(target.Pid), p => p.Name.ShouldBe(before.Process.Name),
            p => p.Threads.ShouldBe(before.Process.Threads), p => p.Executable.ShouldBe(before.Process.Executable));
        Regions(after).ShouldBe(Regions(before));
        HeapOf(core).Totals.ShouldBe(heap.Totals);
        target.Continue();
    }

    [Fact]
    public void A_core_that_the_kernel_wrote_has_stacks_and_images()
    {
        Assert.SkipUnless(File.ReadAllText("/proc/sys/kernel/core_pattern").Trim() == "core", "the kernel writes cores elsewhere here");
        var shell = new ProcessStartInfo("/bin/sh", ["-c", $"ulimit -c unlimited; exec {Path.Combine(Repository.Targets, "heap_shapes")}"])
        {
            WorkingDirectory = _folder.FullName, RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        using var process = Process.Start(shell)!;
        while (process.StandardOutput.ReadLine() is { } line && line != "ready")
        {
        }
        Signals.Send(process.Id, 6);
        process.WaitForExit();
        var path = Directory.GetFiles(_folder.FullName, "core*").Single();
        using var core = CoreTarget.Open(path);
        var snapshot = Capture(core);
        snapshot.Process.Name.ShouldBe("heap_shapes");
        Regions(snapshot).ShouldContain(r => r.Type == MemoryType.Image && r.Details.EndsWith("/heap_shapes", StringComparison.Ordinal));
        Regions(snapshot).ShouldContain(r => r.Type == MemoryType.Image && r.Details == "[vdso]");
        Regions(snapshot).ShouldContain(r => r.Type == MemoryType.Stack);
        snapshot.Has(Measure.TotalWs).ShouldBeFalse();
    }

    [Fact]
    public void A_made_up_core_is_read_as_it_was_made()
    {
        using var core = CoreTarget.Open(Write(CoreMaker.Make()));
        var snapshot = Capture(core);
        snapshot.Process.ShouldSatisfyAllConditions(
            p => p.Pid.ShouldBe(100), p => p.Name.ShouldBe("made-up"), p => p.Command.ShouldBe("/opt/made-up --all"),
            p => p.Threads.ShouldBe(2), p => p.Executable.ShouldBe("/opt/made-up"));
        snapshot.Find(new Address(CoreMaker.Stack)).ShouldNotBeNull().ShouldSatisfyAllConditions(
            r => r.Details.ShouldBe("Thread 101"), r => r.Get(Measure.Size).ShouldBe(0x4000UL), r => r.Start.Value.ShouldBe(CoreMaker.Guard));
        snapshot.Find(new Address(CoreMaker.MainStack)).ShouldNotBeNull().Details.ShouldBe("Main thread");
        snapshot.Find(new Address(CoreMaker.Vdso)).ShouldNotBeNull().Details.ShouldBe("[vdso]");
        var bytes = new byte[8];
        core.Read(new Address(CoreMaker.Stack + 0x2ffc), bytes).ShouldBe(4);
        bytes[..4].ShouldAllBe(b => b == 0x11);
        core.Read(new Address(0x1000), bytes).ShouldBe(0);
    }

    [Fact]
    public void A_core_that_was_cut_off_says_how_much_is_missing()
    {
        var whole = CoreMaker.Make();
        using var core = CoreTarget.Open(Write(whole[..^0x800]));
        Capture(core).Problems.ShouldContain(p => p.Id == "core-cut");
        core.Read(new Address(CoreMaker.Vdso + 0x7fc), new byte[8]).ShouldBe(4);
    }

    [Fact]
    public void Cores_with_any_bytes_changed_are_read_or_refused_and_never_more()
    {
        var (random, whole, refused) = (new Random(4711), CoreMaker.Make(), 0);
        for (var round = 0; round < 2000; round++)
        {
            var bytes = (byte[])whole.Clone();
            for (var i = random.Next(1, 8); i > 0; i--)
                bytes[random.Next(round % 2 == 0 ? 64 + 56 * 6 : 2048)] = (byte)random.Next(256);
            var length = random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length;
            try
            {
                using var core = CoreTarget.Open(Write(bytes[..length]));
                Laws.Check(Capture(core)).ShouldBeEmpty();
                core.Read(new Address(ulong.MaxValue - 4), new byte[16]).ShouldBe(0);
            }
            catch (VmAtlasException e) when (e.Failure == Failure.BadFile)
            {
                refused++;
            }
        }
        refused.ShouldBeInRange(100, 1900);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    string Write(byte[] bytes)
    {
        var path = Path.Combine(_folder.FullName, "made-up.core");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    static Snapshot Capture(CoreTarget core) => new CapturePipeline(core, CoreAnnotators.All).Capture(TestContext.Current.CancellationToken);

    static Model.Heaps.HeapReport HeapOf<T>(T target)
        where T : ICaptureTarget, IMemorySource
    {
        var (mappings, strings) = (new BlockTable(), new StringTable());
        target.ReadMappings(mappings, strings, []);
        return GlibcHeapReader.Read(mappings, strings, target, new HeapReadOptions(), TestContext.Current.CancellationToken).ShouldNotBeNull();
    }

    /// <summary>Images and heaps: stacks have other names in a core, and what no program has (vvar) is not written to one.</summary>
    static List<(MemoryType Type, string Details, ulong Start, ulong End)> Regions(Snapshot snapshot)
    {
        var regions = new List<(MemoryType, string, ulong, ulong)>();
        for (var r = 0; r < snapshot.Regions.Count; r++)
        {
            var region = snapshot.RegionAt(r);
            if (region.Type is MemoryType.Heap)
                regions.Add((region.Type, "", region.Start.Value, region.End.Value)); // the kernel's name [heap] is not in a core
            else if ((region.Type is MemoryType.Image && region.Details.StartsWith('/')))
                regions.Add((region.Type, region.Details, region.Start.Value, region.End.Value));
            else if (region.Type is MemoryType.Stack || region.Details == "[vdso]")
                regions.Add((region.Type, region.Type is MemoryType.Stack ? "" : region.Details, region.Type is MemoryType.Stack ? region.End.Value : 0, 0));
        }
        return regions;
    }

    static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
    }
}
