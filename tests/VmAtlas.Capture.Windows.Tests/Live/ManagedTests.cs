using System.Diagnostics;
using System.Text.Json;
using VmAtlas.Capture.Clr;
using VmAtlas.Model;
using VmAtlas.Model.Managed;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Windows.Tests.Live;

/// <summary>A .NET process that knows its own heap, against what is told of it, live and in a minidump.</summary>
public sealed class ManagedTests : LiveTest
{
    [Theory]
    [InlineData("workstation, regions", "")]
    [InlineData("server, regions", "DOTNET_gcServer=1")]
    [InlineData("workstation, segments", "DOTNET_GCName=clrgc.dll")]
    [InlineData("workstation, regions", "DOTNET_EnableWriteXorExecute=1")]
    public void Every_object_lies_in_the_generation_its_runtime_puts_it_in(string collector, string setting)
    {
        using var target = new DotnetTarget(setting);
        using var source = Platform.Open(target.Pid);
        var (snapshot, report) = DotnetTarget.Capture(source, Platform);
        Laws.Check(snapshot).ShouldBeEmpty();
        Check(target, snapshot, report);
        ManagedUse.Of(snapshot).ShouldNotBeNull().Collector.ShouldBe(collector);
    }

    [Theory]
    [InlineData("-single", "10.")]
    [InlineData("-9.0", "9.")]
    [InlineData("-8.0", "8.")]
    public void Single_file_programs_and_older_runtimes_are_known_by_what_they_say_of_themselves(string form, string version)
    {
        if (!DotnetTarget.IsThere(form))
            Assert.Skip($"clrtarget{form} could not be published here");
        using var target = new DotnetTarget(form: form);
        using var source = Platform.Open(target.Pid);
        var (snapshot, report) = DotnetTarget.Capture(source, Platform);
        Laws.Check(snapshot).ShouldBeEmpty();
        Check(target, snapshot, report);
        report.RuntimeVersion.ShouldNotBeNull().ShouldStartWith(version);
    }

    [Fact]
    public void Without_a_debugger_library_the_runtime_is_asked_over_its_pipe_where_that_is_allowed()
    {
        using var target = new DotnetTarget();
        using var source = Platform.Open(target.Pid);
        var options = new ClrOptions { UseDebugger = false };
        var (silent, shape) = DotnetTarget.Capture(source, Platform, options);
        shape.Evidence.ShouldBe(ManagedEvidence.Shape);
        silent.Find(new Address(target.Objects.First().Address)).ShouldNotBeNull().Details.ShouldBe(".NET GC heap");
        var (asked, report) = DotnetTarget.Capture(source, Platform, options with { AskRuntime = AskRuntime.InduceCollection });
        report.Evidence.ShouldBe(ManagedEvidence.EventPipe);
        Laws.Check(asked).ShouldBeEmpty();
        var large = target.Objects.First(o => o.Kind == ManagedKind.Large).Address; // no collection moves it
        report.Find(new Address(large)).ShouldNotBeNull().Kind.ShouldBe(ManagedKind.Large);
        asked.Find(new Address(large)).ShouldNotBeNull().Type.ShouldBe(MemoryType.ManagedHeap);
    }

    [Fact]
    public void The_collector_s_reservation_is_one_region_with_a_block_for_each_generation()
    {
        using var target = new DotnetTarget();
        using var source = Platform.Open(target.Pid);
        var (snapshot, _) = DotnetTarget.Capture(source, Platform, new ClrOptions());
        var heap = snapshot.Find(new Address(target.Objects.First(o => o.Kind == ManagedKind.Generation2).Address)).ShouldNotBeNull();
        heap.Details.ShouldBe(".NET GC heap (workstation, regions)");
        heap.Get(Measure.Committed).ShouldBeLessThan(heap.Get(Measure.Size));
        var labels = new List<string>();
        foreach (var block in heap.Blocks)
            labels.Add(block.Label);
        foreach (var kind in (ManagedKind[])[ManagedKind.Generation0, ManagedKind.Generation1, ManagedKind.Generation2, ManagedKind.Large, ManagedKind.Pinned])
            labels.ShouldContain(kind.Name());
        foreach (var kind in (ManagedKind[])[ManagedKind.JitCode, ManagedKind.HighFrequency, ManagedKind.Stubs])
            ManagedUse.Of(snapshot).ShouldNotBeNull().Rows.ShouldContain(r => r.Kind == kind && r.Used > 0);
    }

    [Fact]
    public void A_minidump_has_the_same()
    {
        using var target = new DotnetTarget();
        var path = Path.GetTempFileName();
        try
        {
            MinidumpProgram.Write($"{target.Pid}", path);
            using var dump = WindowsTarget.OfMinidump(path);
            var (snapshot, report) = DotnetTarget.Capture(dump, Platform);
            Laws.Check(snapshot).ShouldBeEmpty();
            Check(target, snapshot, report);
            snapshot.Has(Measure.TotalWs).ShouldBeFalse();
            snapshot.Summary[MemoryType.Stack].Regions.ShouldBeGreaterThan(1);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void The_verb_counts_its_objects_and_a_file_keeps_them()
    {
        using var target = new DotnetTarget();
        using var json = JsonDocument.Parse(Exe.Ok($"managed {target.Pid} --types --json"));
        json.RootElement.GetProperty("types").EnumerateArray().Single(t => t.GetProperty("type").GetString() == "ClrTarget.Program+Old").GetProperty("count").GetInt32().ShouldBe(100_000);
        json.RootElement.TryGetProperty("explained", out _).ShouldBe(!IsWine, "what is in memory is not known under Wine");
        var file = Path.ChangeExtension(Path.GetTempFileName(), ".vmatlas");
        Exe.Ok($"snapshot {target.Pid} --managed -o {file}");
        Exe.Ok($"managed {file} --types").ShouldContain("ClrTarget.Program+Old");
        File.Delete(file);
    }

    [Fact]
    public void Objects_it_makes_are_traced_over_its_pipe()
    {
        const int objects = 500_000, bytesEach = 24;
        using var target = new DotnetTarget();
        var file = Path.ChangeExtension(Path.GetTempFileName(), ".vmatlas");
        using (var trace = Exe.Start($"trace --attach {target.Pid} --for 5s -o {file}"))
        {
            trace.StandardError.ReadLine().ShouldNotBeNull().ShouldContain("tells which objects it makes");
            target.Tell($"grow {objects}");
            trace.StandardError.ReadToEnd().ShouldSatisfyAllConditions(t => t.ShouldContain("allocated"), t => t.ShouldContain("clrtarget.exe"));
            trace.WaitForExit();
            trace.ExitCode.ShouldBe(0);
        }
        using var json = JsonDocument.Parse(Exe.Ok($"sites {file} --sort total --top 1000 --json"));
        var sites = json.RootElement.EnumerateArray().ToList();
        var grown = sites.Where(s => s.GetProperty("stack")[0].GetProperty("function").GetString() == "new Grown").ToList();
        grown.ShouldNotBeEmpty();
        // Some 117 samples: the spread is 1/√117, and this is five times that.
        grown.Sum(s => s.GetProperty("totalBytes").GetDouble()).ShouldBe(objects * bytesEach, objects * bytesEach * 0.46);
        grown.ShouldContain(s => s.GetProperty("stack").ToString().Contains("ClrTarget.Program.Main"));
        File.Delete(file);
    }

    static void Check(DotnetTarget target, Snapshot snapshot, ManagedReport report)
    {
        report.ShouldSatisfyAllConditions(r => r.WhyNotBetter.ShouldBeNull(), r => r.Evidence.ShouldBe(ManagedEvidence.Debugger));
        foreach (var (address, kind) in target.Objects)
        {
            report.Find(new Address(address)).ShouldNotBeNull($"{kind} object at {address:x}").Kind.ShouldBe(kind, $"object at {address:x}");
            snapshot.Find(new Address(address)).ShouldNotBeNull().Type.ShouldBe(MemoryType.ManagedHeap);
        }
        var objects = report.Objects.ShouldNotBeNull();
        objects.IsComplete.ShouldBeTrue($"{objects.SkippedBytes} bytes were skipped");
        objects.Types.Single(t => t.Name == "ClrTarget.Program+Old").ShouldBe(new TypeStatistics("ClrTarget.Program+Old", 100_000, 4_000_000));
    }
}
