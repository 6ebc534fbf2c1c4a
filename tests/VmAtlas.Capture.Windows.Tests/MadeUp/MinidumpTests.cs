using VmAtlas.Capture.Windows.Annotators;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Tests.MadeUp;

/// <summary>Minidumps: one made up, with and without its list of ranges, and ones that lie.</summary>
public sealed class MinidumpTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-dump-");

    [Fact]
    public void It_has_the_ranges_images_stacks_and_heaps_of_its_process()
    {
        using var target = WindowsTarget.OfMinidump(Write(MinidumpMaker.Make()));
        var snapshot = Capture(target);
        snapshot.Process.ShouldSatisfyAllConditions(
            p => p.Pid.ShouldBe(4712), p => p.Name.ShouldBe("up.exe"), p => p.Threads.ShouldBe(1),
            p => p.StartedAt.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000)));
        snapshot.System.Kernel.ShouldBe("Windows 10.0.19045");
        snapshot.Blocks.Count.ShouldBeGreaterThanOrEqualTo(4);
        At(snapshot, MinidumpMaker.Image).ShouldSatisfyAllConditions(r => r.Type.ShouldBe(MemoryType.Image), r => r.Details.ShouldBe(@"C:\made\up.exe"));
        At(snapshot, MinidumpMaker.Stack).ShouldSatisfyAllConditions(r => r.Type.ShouldBe(MemoryType.Stack), r => r.Details.ShouldBe("Thread ID: 77"));
        At(snapshot, MinidumpMaker.Heap).ShouldSatisfyAllConditions(r => r.Type.ShouldBe(MemoryType.Heap), r => r.Details.ShouldBe("Heap ID: 0 (Default)"));
        snapshot.Has(Measure.TotalWs).ShouldBeFalse();
        snapshot.PageTables.ShouldBeNull();
        var text = new byte[6];
        target.Read(new Address(MinidumpMaker.Heap + 0x102), text).ShouldBe(6);
        text.ShouldBe("text i"u8.ToArray());
    }

    [Fact]
    public void Without_its_list_of_ranges_images_and_memory_are_all_there_is()
    {
        using var target = WindowsTarget.OfMinidump(Write(MinidumpMaker.Make(withInfo: false)));
        var snapshot = Capture(target);
        At(snapshot, MinidumpMaker.Image).Details.ShouldBe(@"C:\made\up.exe");
        At(snapshot, MinidumpMaker.Stack).Type.ShouldBe(MemoryType.Stack);
    }

    [Fact]
    public void Dumps_with_any_bytes_changed_are_read_or_refused_and_never_more()
    {
        var (random, refused) = (new Random(4712), 0);
        for (var round = 0; round < 2000; round++)
        {
            var bytes = MinidumpMaker.Make(withInfo: round % 3 != 0);
            for (var i = random.Next(1, 10); i > 0; i--)
                bytes[random.Next(round % 2 == 0 ? 150 : 800)] = (byte)random.Next(256);
            var length = random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length;
            try
            {
                using var target = WindowsTarget.OfMinidump(Write(bytes[..length]));
                Laws.Check(Capture(target)).ShouldBeEmpty();
                target.Read(new Address(ulong.MaxValue - 4), new byte[16]);
            }
            catch (VmAtlasException)
            {
                refused++;
            }
        }
        refused.ShouldBeInRange(100, 1900);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    static Snapshot Capture(WindowsTarget target) => new CapturePipeline(target, WindowsAnnotators.All).Capture(TestContext.Current.CancellationToken);

    static Region At(Snapshot snapshot, ulong address) => snapshot.Find(new Address(address)).ShouldNotBeNull();

    string Write(byte[] bytes)
    {
        var path = Path.Combine(_folder.FullName, "made-up.dmp");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
