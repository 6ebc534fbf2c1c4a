using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Tests;

/// <summary>What a runtime tells of itself, when that was asked for and no debugger library is used.</summary>
public sealed class EventPipeTests
{
    static readonly ClrOptions s_induce = new() { UseDebugger = false, AskRuntime = AskRuntime.InduceCollection };
    static readonly ClrOptions s_listen = new() { UseDebugger = false, AskRuntime = AskRuntime.Listen, RuntimeWait = TimeSpan.FromSeconds(10) };

    /// <summary>Server GC is told by its several heaps; left to itself it may work with one.</summary>
    [Theory]
    [InlineData]
    [InlineData("DOTNET_gcServer=1", "DOTNET_GCDynamicAdaptationMode=0")]
    [InlineData("DOTNET_GCName=libclrgc.so")]
    [InlineData("DOTNET_gcServer=1", "DOTNET_GCName=libclrgc.so")]
    public void A_collection_tells_every_generation_where_the_debugger_library_finds_it(params string[] settings)
    {
        using var target = ClrTarget.Start(settings: settings);
        var before = target.Collections();
        var (snapshot, told) = target.Capture(s_induce);
        target.Collections().ShouldBe(before + 1);
        var found = target.Capture().Report;
        ShouldBeTold(told, found, snapshot, collectedOnceMore: target.Collections() > before + 1); // some do when the session ends, a moment later
        told.IsServer.ShouldBe(settings.Contains("DOTNET_gcServer=1") && Environment.ProcessorCount > 1 ? true : null);
    }

    [Theory]
    [InlineData("single-file", "10.", 1)]
    [InlineData(".NET 8", "8.0.", 2)] // these two collect again when the session ends
    [InlineData(".NET 9", "9.0.", 2)]
    public void Every_runtime_tells_it(string way, string version, int collections)
    {
        using var target = ClrTarget.Start(PublishedTargets.Get(way));
        var before = target.Collections();
        var (snapshot, told) = target.Capture(s_induce);
        target.Collections().ShouldBe(before + collections);
        ShouldBeTold(told, target.Capture().Report, snapshot, collectedOnceMore: collections == 2);
        told.RuntimeVersion.ShouldNotBeNull().ShouldStartWith(version);
    }

    [Fact]
    public void A_program_that_collects_by_itself_need_not_be_made_to()
    {
        using var target = ClrTarget.Start(arguments: ["alloc"]);
        var told = target.Capture(s_listen).Report;
        told.Evidence.ShouldBe(ManagedEvidence.EventPipe, told.WhyNotBetter);
        told.Total(ManagedKind.Large, ManagedState.Used).ShouldBeGreaterThan(10UL << 20);
    }

    [Fact]
    public void A_program_that_does_not_collect_is_shown_by_its_shape_and_says_why()
    {
        using var target = ClrTarget.Start();
        var (collections, threads) = (target.Collections(), EventPipeThreads(target.Pid));
        var told = target.Capture(s_listen with { RuntimeWait = TimeSpan.FromSeconds(1) }).Report;
        told.Evidence.ShouldBe(ManagedEvidence.Shape);
        told.WhyNotBetter.ShouldNotBeNull().ShouldContain("collected nothing within 1 s");
        ShouldBeLeftAlone(target.Pid, threads);
        target.Collections().ShouldBe(collections);
    }

    [Fact]
    public void The_session_is_ended_when_everything_is_told()
    {
        using var target = ClrTarget.Start();
        var threads = EventPipeThreads(target.Pid);
        target.Capture(s_induce).Report.Evidence.ShouldBe(ManagedEvidence.EventPipe);
        ShouldBeLeftAlone(target.Pid, threads);
    }

    [Fact]
    public void Nothing_is_asked_of_a_runtime_unless_by_name()
    {
        using var target = ClrTarget.Start();
        var collections = target.Collections();
        var report = target.Capture(new ClrOptions { UseDebugger = false }).Report;
        report.Evidence.ShouldBe(ManagedEvidence.Shape);
        target.Collections().ShouldBe(collections);
        report.WhyNotBetter.ShouldNotBeNull().ShouldContain("--ask-runtime");
    }

    [Fact]
    public void A_runtime_that_does_not_listen_is_said_not_to()
    {
        using var target = ClrTarget.Start(settings: "DOTNET_EnableDiagnostics=0");
        target.Capture(s_induce).Report.WhyNotBetter.ShouldNotBeNull().ShouldContain("does not listen");
    }

    [Fact]
    public void The_socket_is_looked_for_where_the_target_keeps_its_temporary_files()
    {
        var folder = Directory.CreateTempSubdirectory("vmatlas-test-");
        using var target = ClrTarget.Start(settings: $"TMPDIR={folder.FullName}/");
        var told = target.Capture(s_induce).Report;
        told.Evidence.ShouldBe(ManagedEvidence.EventPipe, told.WhyNotBetter);
        folder.Delete(recursive: true);
    }

    [Fact]
    public void A_target_in_namespaces_of_its_own_is_asked_in_its_own_folders()
    {
        using var target = ClrTarget.StartInNamespaces();
        var told = target.Capture(s_induce).Report;
        told.Evidence.ShouldBe(ManagedEvidence.EventPipe, told.WhyNotBetter);
    }

    /// <summary>The debugger library, asked afterwards, must find all but the youngest objects where they were told to be.</summary>
    static void ShouldBeTold(ManagedReport told, ManagedReport found, Snapshot snapshot, bool collectedOnceMore)
    {
        told.Evidence.ShouldBe(ManagedEvidence.EventPipe, told.WhyNotBetter);
        found.Evidence.ShouldBe(ManagedEvidence.Debugger, found.WhyNotBetter);
        var used = told.Ranges.Where(r => r.State == ManagedState.Used).ToList();
        used.Select(r => r.Kind).Distinct().ShouldContain(k => k == ManagedKind.Pinned);
        foreach (var range in used.Where(r => r.Kind != ManagedKind.Generation0))
        {
            var there = found.Find(new Address(range.End - 1)).ShouldNotBeNull($"{range.Kind} {range.Start:x}-{range.End:x}");
            var kind = collectedOnceMore && range.Kind == ManagedKind.Generation1 ? ManagedKind.Generation2 : range.Kind;
            (there.Kind, there.State).ShouldBe((kind, ManagedState.Used));
            if (collectedOnceMore)
                there.End.ShouldBeGreaterThanOrEqualTo(range.End, "what was younger may lie behind it now");
            else
                there.End.ShouldBe(range.End);
            snapshot.Find(new Address(range.Start))!.Value.ShouldSatisfyAllConditions(
                r => r.Type.ShouldBe(MemoryType.ManagedHeap),
                r => r.Reason.ShouldContain("diagnostics socket"));
        }
        foreach (var range in found.Ranges.Where(r => r is { Kind: ManagedKind.Large or ManagedKind.Pinned, State: ManagedState.Used, Size: > 4096 }))
            told.Find(new Address(range.End - 1)).ShouldNotBeNull().Kind.ShouldBe(range.Kind);
    }

    static void ShouldBeLeftAlone(int pid, int threadsBefore)
    {
        // The session's thread goes a moment after it.
        for (var i = 0; i < 100 && EventPipeThreads(pid) > threadsBefore; i++)
            Thread.Sleep(20);
        EventPipeThreads(pid).ShouldBe(threadsBefore);
    }

    /// <summary>One is always there: it is the one that listens.</summary>
    static int EventPipeThreads(int pid) =>
        Directory.GetDirectories($"/proc/{pid}/task").Count(t => File.ReadAllText($"{t}/comm").Contains("EventPipe", StringComparison.Ordinal));
}
