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

    /// <summary>The shape of what Breakpad and Windows Error Reporting save: no list of ranges, no environment blocks.</summary>
    [Theory]
    [InlineData(0, "x86", 0x7FFE_FFFFul)]
    [InlineData(9, "x86-64", 0x7FFF_FFFE_FFFFul)]
    public void A_small_dump_tells_its_threads_stacks_its_width_and_when_it_was_written(byte number, string architecture, ulong last)
    {
        using var target = WindowsTarget.OfMinidump(Write(MinidumpMaker.MakeSmall(number)));
        var snapshot = Capture(target);
        At(snapshot, MinidumpMaker.Stack + 0x1000).ShouldSatisfyAllConditions(r => r.Type.ShouldBe(MemoryType.Stack), r => r.Details.ShouldBe("Thread ID: 77"));
        (snapshot.Process.Architecture, snapshot.Process.Threads, snapshot.Process.Name).ShouldBe((architecture, 1, "small.exe"));
        target.Layout.End.ShouldBe(new Address(last + 1));
        target.SavedAt.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(MinidumpMaker.Written));
        snapshot.Problems.ShouldContain(p => p.Id == "ranges-untold");
        snapshot.Has(Measure.Committed).ShouldBeFalse();
    }

    [Fact]
    public void A_dump_of_a_32_bit_process_names_its_stack_by_the_32_bit_environment_block()
    {
        var teb = new byte[0x1000];
        Put(teb, PebLayout.Narrow.StackBase, MinidumpMaker.Stack + 0x2000);
        Put(teb, PebLayout.Narrow.StackLimit, MinidumpMaker.Stack);
        Put(teb, PebLayout.Narrow.DeallocationStack, MinidumpMaker.Stack);
        Put(teb, PebLayout.Narrow.Self, MinidumpMaker.Teb);
        Put(teb, PebLayout.Narrow.Peb, MinidumpMaker.Peb);
        using var target = WindowsTarget.OfMinidump(Write(MinidumpMaker.MakeSmall(0, block: teb)));
        var snapshot = Capture(target);
        target.Environment.Blocks.ShouldBe([(MinidumpMaker.Peb, PebLayout.Narrow)]);
        snapshot.Process.Architecture.ShouldBe("x86");
        At(snapshot, MinidumpMaker.Stack + 0x1000).Type.ShouldBe(MemoryType.Stack);
        At(snapshot, MinidumpMaker.Teb).Details.ShouldBe("Thread Environment Block ID: 77");
    }

    [Fact]
    public void A_64_bit_dump_of_a_32_bit_process_has_both_sides()
    {
        const uint wowTebOffset = 0x180C, narrowAt = 0x2000;
        var teb = new byte[0x4000];
        Put(teb, PebLayout.Wide.Peb, 0x55_0000);
        Put(teb, wowTebOffset, narrowAt);
        Put(teb, narrowAt + PebLayout.Narrow.Self, MinidumpMaker.Teb + narrowAt);
        Put(teb, narrowAt + PebLayout.Narrow.Peb, MinidumpMaker.Peb);
        using var target = WindowsTarget.OfMinidump(Write(MinidumpMaker.MakeSmall(9, block: teb, image: "wow64.dll")));
        target.Environment.Blocks.ShouldBe([(0x55_0000ul, PebLayout.Wide), (MinidumpMaker.Peb, PebLayout.Narrow)]);
        target.Process.Architecture.ShouldBe("x86");
    }

    [Theory]
    [InlineData(0x8201u, "Linux")]
    [InlineData(0x8101u, "macOS")]
    [InlineData(0x9999u, "another system")]
    public void A_minidump_of_another_system_is_refused_by_its_name(uint platform, string system) =>
        Should.Throw<VmAtlasException>(() => WindowsTarget.OfMinidump(Write(MinidumpMaker.MakeSmall(9, platform))))
            .ShouldSatisfyAllConditions(e => e.Failure.ShouldBe(Failure.BadFile), e => e.Message.ShouldContain(system));

    [Fact]
    public void Dumps_with_any_bytes_changed_are_read_or_refused_and_never_more()
    {
        var (random, refused) = (new Random(4712), 0);
        for (var round = 0; round < 2000; round++)
        {
            var bytes = round % 5 == 0 ? MinidumpMaker.MakeSmall((byte)(round % 2 * 9), block: new byte[0x200]) : MinidumpMaker.Make(withInfo: round % 3 != 0);
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

    static void Put(byte[] memory, uint at, ulong value) => BitConverter.GetBytes((uint)value).CopyTo(memory, at);

    static Snapshot Capture(WindowsTarget target) => new CapturePipeline(target, WindowsAnnotators.All).Capture(TestContext.Current.CancellationToken);

    static Region At(Snapshot snapshot, ulong address) => snapshot.Find(new Address(address)).ShouldNotBeNull();

    string Write(byte[] bytes)
    {
        var path = Path.Combine(_folder.FullName, "made-up.dmp");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
