using System.Diagnostics;
using VmAtlas.Capture.Linux.Cores;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Tests;

/// <summary>Cores of a .NET process against what the process said of itself.</summary>
public sealed class CoreTests : IDisposable
{
    static readonly string s_createdump = Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "createdump");

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-clr-core-");

    [Theory]
    [InlineData("createdump", "--full")]
    [InlineData("createdump", "--withheap")]
    [InlineData("gdb", "")]
    public void A_core_has_every_object_in_the_generation_its_runtime_put_it_in(string writer, string kind)
    {
        using var target = ClrTarget.Start();
        using var core = CoreTarget.Open(Dump(target.Pid, writer, kind));
        var (snapshot, report) = ClrTarget.Capture(core, new ClrOptions { Objects = true });
        report.ShouldSatisfyAllConditions(r => r.WhyNotBetter.ShouldBeNull(), r => r.Evidence.ShouldBe(ManagedEvidence.Debugger));
        foreach (var (address, kindOfObject) in target.Objects)
        {
            report.Find(new Address(address)).ShouldNotBeNull($"{kindOfObject} object at {address:x}").Kind.ShouldBe(kindOfObject, $"object at {address:x}");
            snapshot.Find(new Address(address)).ShouldNotBeNull().Type.ShouldBe(MemoryType.ManagedHeap);
        }
        var objects = report.Objects.ShouldNotBeNull();
        objects.IsComplete.ShouldBeTrue($"{objects.SkippedBytes} bytes were skipped");
        objects.Types.Single(t => t.Name == "ClrTarget.Program+Old").ShouldBe(new TypeStatistics("ClrTarget.Program+Old", 100_000, 4_000_000));
        ManagedUse.Of(snapshot).ShouldNotBeNull().ShouldSatisfyAllConditions(u => u.HasResident.ShouldBeFalse(), u => u.HasSwap.ShouldBeFalse());
    }

    [Fact]
    public void A_core_without_the_heap_says_that_objects_could_not_be_followed()
    {
        using var target = ClrTarget.Start();
        using var core = CoreTarget.Open(Dump(target.Pid, "createdump", "--normal"));
        var objects = ClrTarget.Capture(core, new ClrOptions { Objects = true }).Report.Objects.ShouldNotBeNull();
        objects.Types.ShouldNotContain(t => t.Name == "ClrTarget.Program+Old");
        objects.IsComplete.ShouldBeFalse();
    }

    [Fact]
    public void A_core_is_not_asked_over_a_socket_even_if_the_process_still_runs()
    {
        using var target = ClrTarget.Start();
        using var core = CoreTarget.Open(Dump(target.Pid, "createdump", "--normal"));
        using var annotator = new ClrAnnotator(new ClrOptions { UseDebugger = false, AskRuntime = AskRuntime.InduceCollection });
        new CapturePipeline(core, [annotator]).Capture(TestContext.Current.CancellationToken);
        var report = annotator.LastReport.ShouldNotBeNull();
        report.Evidence.ShouldBe(ManagedEvidence.Shape);
        report.WhyNotBetter.ShouldNotBeNull().ShouldContain("a dump has no runtime that could be asked");
    }

    [Fact]
    public void What_a_core_left_out_of_a_file_is_not_taken_from_one_that_was_written_to_since()
    {
        using var target = ClrTarget.Start();
        var path = Dump(target.Pid, "gdb", "");
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        using var core = CoreTarget.Open(path);
        core.SavedPieces.ShouldAllBe(p => p.Path == path);
    }

    [Fact]
    public void A_damaged_core_costs_names_and_no_more()
    {
        using var target = ClrTarget.Start();
        var path = Dump(target.Pid, "createdump", "--withheap");
        var random = new Random(11);
        using (var file = File.OpenWrite(path))
        {
            for (var i = 0; i < 20_000; i++)
            {
                file.Position = random.NextInt64(1 << 16, file.Length);
                file.WriteByte((byte)random.Next(256));
            }
        }
        using var core = CoreTarget.Open(path);
        using var annotator = new ClrAnnotator(new ClrOptions { Objects = true, Limits = new() { Objects = TimeSpan.FromSeconds(20) } });
        var snapshot = new CapturePipeline(core, [annotator]).Capture(TestContext.Current.CancellationToken);
        snapshot.Blocks.Count.ShouldBeGreaterThan(10);
        snapshot.Annotators[0].Name.ShouldBe(ManagedUse.Annotator);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    string Dump(int pid, string writer, string kind)
    {
        var path = Path.Combine(_folder.FullName, "core");
        if (writer == "gdb")
        {
            Assert.SkipUnless(File.Exists("/usr/bin/gdb"), "gdb is not installed");
            Run("/usr/bin/gdb", "-p", $"{pid}", "-batch", "-ex", $"gcore {path}");
        }
        else
        {
            Run(s_createdump, kind, "-f", path, $"{pid}");
        }
        File.Exists(path).ShouldBeTrue($"{writer} wrote no core");
        return path;
    }

    static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
    }
}
