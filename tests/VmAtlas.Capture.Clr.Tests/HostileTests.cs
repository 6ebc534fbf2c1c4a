using System.Diagnostics;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Tests;

/// <summary>Targets that want their code to run in ours.</summary>
public sealed class HostileTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("vmatlas-test-").FullName;

    [Fact]
    public void A_debugger_library_beside_the_target_is_never_loaded()
    {
        var program = Path.Combine(Copy(Path.GetDirectoryName(PublishedTargets.Get("self-contained"))!, "app"), "clrtarget");
        var traces = Plant(Path.Combine(_folder, "app"));
        using var target = ClrTarget.Start(program);
        target.Capture().Report.Evidence.ShouldBe(ManagedEvidence.Debugger, "a trusted library of the same build is on this machine");
        File.Exists(traces).ShouldBeFalse("the planted library ran");
    }

    [Fact]
    public void A_runtime_nobody_here_knows_is_shown_by_its_shape_and_says_why()
    {
        var app = Copy(Path.GetDirectoryName(PublishedTargets.Get("self-contained"))!, "app");
        var traces = Plant(app);
        ChangeBuildId(Path.Combine(app, "libcoreclr.so"));
        using var target = ClrTarget.Start(Path.Combine(app, "clrtarget"));
        var (snapshot, report) = target.Capture();
        report.Evidence.ShouldBe(ManagedEvidence.Shape);
        report.WhyNotBetter.ShouldNotBeNull().ShouldContain("no trusted debugger library");
        File.Exists(traces).ShouldBeFalse("the planted library ran");
        foreach (var (address, _) in target.Objects.Where(o => o.Kind != ManagedKind.Frozen))
            snapshot.Find(new Address(address))!.Value.ShouldSatisfyAllConditions(
                r => r.Type.ShouldBe(MemoryType.ManagedHeap),
                r => r.Details.ShouldBe(".NET GC heap"),
                r => r.Facts.ShouldContain(("clr-evidence", "shape")),
                r => r.Facts.ShouldContain(f => f.Key == "clr-why-not-better"));
    }

    [Fact]
    public void A_runtime_nobody_here_knows_tells_its_generations_itself_when_asked_to()
    {
        var app = Copy(Path.GetDirectoryName(PublishedTargets.Get("self-contained"))!, "app");
        var traces = Plant(app);
        ChangeBuildId(Path.Combine(app, "libcoreclr.so"));
        using var target = ClrTarget.Start(Path.Combine(app, "clrtarget"));
        var (snapshot, report) = target.Capture(new ClrOptions { AskRuntime = AskRuntime.InduceCollection });
        report.Evidence.ShouldBe(ManagedEvidence.EventPipe, report.WhyNotBetter);
        report.RuntimeVersion.ShouldBe(Environment.Version.ToString());
        var use = ManagedUse.Of(snapshot).ShouldNotBeNull();
        use.Evidence.ShouldBe("EventPipe");
        use.WhyNotBetter.ShouldNotBeNull().ShouldContain("no trusted debugger library");
        use.Rows.Single(r => r.Kind == ManagedKind.Large).Used.ShouldBeGreaterThan(10UL << 20);
        File.Exists(traces).ShouldBeFalse("the planted library ran");
    }

    [Fact]
    public void A_program_that_only_claims_to_be_dotnet_costs_a_sentence()
    {
        // A file of the real name and build id, mapped by a process that has nothing else of a runtime.
        var fake = Path.Combine(_folder, "libcoreclr.so");
        File.Copy(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libcoreclr.so"), fake);
        using var process = Process.Start(new ProcessStartInfo("python3",
            ["-c", $"import mmap,sys; f=open('{fake}','rb'); m=mmap.mmap(f.fileno(),0,mmap.MAP_PRIVATE,mmap.PROT_READ); print('ready',flush=True); sys.stdin.read()"])
        { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        process.StandardOutput.ReadLine().ShouldBe("ready");
        using var target = new LinuxTarget(process.Id);
        using var annotator = new ClrAnnotator();
        var snapshot = new CapturePipeline(target, [annotator]).Capture();
        Laws.Check(snapshot).ShouldBeEmpty();
        annotator.LastReport.ShouldNotBeNull().Ranges.ShouldBeEmpty();
        process.StandardInput.Close();
        process.WaitForExit();
    }

    [Fact]
    public void A_helper_that_dies_between_two_snapshots_costs_nothing()
    {
        using var process = ClrTarget.Start();
        using var target = new LinuxTarget(process.Pid);
        using var annotator = new ClrAnnotator();
        var pipeline = new CapturePipeline(target, [annotator]);
        pipeline.Capture();
        KillHelper();
        pipeline.Capture();
        annotator.LastReport!.ShouldSatisfyAllConditions(
            r => r.Evidence.ShouldBe(ManagedEvidence.Shape),
            r => r.WhyNotBetter.ShouldNotBeNull().ShouldContain("ended"));
        pipeline.Capture();
        annotator.LastReport!.Evidence.ShouldBe(ManagedEvidence.Debugger, "it is started once more");

        static void KillHelper()
        {
            var children = File.ReadAllText($"/proc/self/task/{Environment.ProcessId}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Concat(Directory.GetDirectories("/proc/self/task").SelectMany(t => File.ReadAllText($"{t}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)));
            foreach (var child in children.Distinct().Where(c => File.ReadAllText($"/proc/{c}/comm").StartsWith("vmatlas-clr", StringComparison.Ordinal)))
            {
                using var helper = Process.GetProcessById(int.Parse(child));
                helper.Kill();
                helper.WaitForExit();
            }
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Puts a library there that leaves a trace as soon as it is loaded, and returns where.</summary>
    string Plant(string folder)
    {
        var trace = Path.Combine(_folder, "trace");
        var source = Path.Combine(_folder, "planted.c");
        File.WriteAllText(source, $$"""
            #include <fcntl.h>
            #include <unistd.h>
            __attribute__((constructor)) static void planted(void) { close(open("{{trace}}", O_CREAT | O_WRONLY, 0666)); }
            """);
        foreach (var name in (string[])["libmscordaccore.so", "libmscordbi.so"])
        {
            using var compiler = Process.Start("cc", ["-shared", "-fPIC", "-o", Path.Combine(folder, name), source]);
            compiler.WaitForExit();
            compiler.ExitCode.ShouldBe(0);
        }
        return trace;
    }

    string Copy(string from, string name)
    {
        var to = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        return to;
    }

    static void ChangeBuildId(string library)
    {
        var bytes = File.ReadAllBytes(library);
        var note = bytes.AsSpan().IndexOf("\u0004\0\0\0\u0014\0\0\0\u0003\0\0\0GNU\0"u8);
        note.ShouldBeGreaterThan(0);
        bytes[note + 16] ^= 0xff;
        File.WriteAllBytes(library, bytes);
    }
}
