using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Tests.Live;

/// <summary>Processes that change, end, stand still, or are this one.</summary>
public sealed partial class LivenessTests : LiveTest
{
    [Fact]
    public void The_privilege_to_read_others_is_turned_on_where_it_is_held() => DebugPrivilege.TryUse().ShouldBe(Environment.IsPrivilegedProcess);

    [Fact]
    public void No_row_is_lost_or_doubled_while_the_process_changes()
    {
        using var target = StartKinds("churn");
        using var source = Platform.Open(target.Pid);
        var pipeline = new CapturePipeline(source, Platform.Annotators());
        for (var i = 0; i < 20; i++)
        {
            var snapshot = pipeline.Capture(TestContext.Current.CancellationToken);
            Laws.Check(snapshot).ShouldBeEmpty();
            foreach (var key in (string[])["reserve", "shareable", "file", "program", "topdown"])
                snapshot.Find(new Address(target.Address(key))).ShouldNotBeNull(key);
        }
    }

    [Fact]
    public void A_process_that_ended_gives_no_snapshot()
    {
        var target = StartKinds();
        using var source = Platform.Open(target.Pid);
        var pipeline = new CapturePipeline(source, Platform.Annotators());
        pipeline.Capture(TestContext.Current.CancellationToken);
        target.Dispose();
        Should.Throw<VmAtlasException>(() => pipeline.Capture(TestContext.Current.CancellationToken)).Failure.ShouldBe(Failure.TargetEnded);
    }

    [Fact]
    public void A_process_that_stands_still_is_read_as_any_other()
    {
        using var target = StartKinds();
        using var process = System.Diagnostics.Process.GetProcessById(target.Pid);
        NtSuspendProcess(process.SafeHandle).ShouldBe(0u);
        var snapshot = Capture(target.Pid);
        Laws.Check(snapshot).ShouldBeEmpty();
        snapshot.Summary[MemoryType.Stack].Regions.ShouldBe(4);
        NtResumeProcess(process.SafeHandle).ShouldBe(0u);
    }

    [Fact]
    public void There_is_no_process_of_a_number_nobody_has() =>
        Should.Throw<VmAtlasException>(() => Platform.Open(0x7ffffff0)).Failure.ShouldBe(Failure.NotFound);

    [Fact]
    public void This_process_s_own_working_set_is_known_page_by_page()
    {
        var snapshot = Capture(Environment.ProcessId);
        snapshot.Has(Measure.TotalWs).ShouldBeTrue();
        Laws.Check(snapshot).ShouldBeEmpty();
        snapshot.Summary.Total.Measures[Measure.TotalWs].ShouldBeGreaterThan(10UL << 20);
        var touched = GC.AllocateUninitializedArray<byte>(1 << 20, pinned: true);
        Array.Fill<byte>(touched, 1);
        using var self = (WindowsTarget)Platform.Open(Environment.ProcessId);
        var start = (ulong)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(touched, 0);
        var pages = new PageState[128];
        self.TryReadPages(AddressRange.Of((start + 0xfff) & ~0xfffUL, ((start + 0xfff) & ~0xfffUL) + 128 * 4096), pages).ShouldBeTrue();
        pages.ShouldAllBe(p => (p & PageState.Present) != 0);
        GC.KeepAlive(touched);
    }

    [Fact]
    public void Texts_of_both_kinds_are_found_in_its_memory()
    {
        using var target = StartKinds();
        using var source = (WindowsTarget)Platform.Open(target.Pid);
        var found = new List<string>();
        var scanner = new StringScanner(source, null, 10, (_, encoding, text) => found.Add($"{encoding} {text}"));
        var start = target.Address("text");
        scanner.Scan(AddressRange.Of(start, start + 0x10000), TestContext.Current.CancellationToken);
        found.ShouldBe(["Ascii a text that only this process has", "Utf16 the same in two bytes each"]);
    }

    [Fact]
    public void A_read_over_the_end_of_what_can_be_read_gives_what_lies_before_it()
    {
        Assert.SkipWhen(IsWine, "Wine reads reserved memory, too");
        using var target = StartKinds();
        using var source = (WindowsTarget)Platform.Open(target.Pid);
        var end = target.Address("commit") + 0x100000;
        source.Read(new Address(end - 100), new byte[200]).ShouldBe(100);
        source.Read(new Address(end), new byte[200]).ShouldBe(0);
        source.Read(new Address(target.Address("noaccess")), new byte[8]).ShouldBe(0);
    }

    [Fact]
    public void The_list_of_processes_has_it_and_finds_it_by_name()
    {
        using var target = StartKinds();
        var row = Platform.Processes(ProcessDetail.Sums, kernelThreads: false, TestContext.Current.CancellationToken).Single(p => p.Pid == target.Pid);
        row.ShouldSatisfyAllConditions(
            r => r.Name.ShouldBe("kinds.exe"), r => r.Threads.ShouldBe(4), r => r.Architecture.ShouldBe("x86-64"),
            r => r.ParentPid.ShouldBe(Environment.ProcessId), r => r.TotalWs.ShouldNotBeNull().Bytes.ShouldBeGreaterThan(1UL << 20));
        Platform.Find("kinds").Select(p => p.Pid).ShouldContain(target.Pid);
        Platform.Find("kinds.exe").Select(p => p.Pid).ShouldContain(target.Pid);
        Platform.Find("no such program").ShouldBeEmpty();
        Platform.TreeOf(Environment.ProcessId).ShouldContain(target.Pid);
    }

    [Fact]
    public void A_recording_answers_as_the_system_did()
    {
        using var target = StartKinds();
        var file = new MemoryStream();
        Snapshot live;
        using (var source = new WindowsTarget(new RecordingCalls(LiveCalls.Open(target.Pid), file)))
            live = new CapturePipeline(source, Platform.Annotators()).Capture(TestContext.Current.CancellationToken);
        using var replayed = WindowsTarget.OfRecording(new MemoryStream(file.ToArray()), "recording");
        var again = new CapturePipeline(replayed, Platform.Annotators()).Capture(TestContext.Current.CancellationToken);
        Describe(again).ShouldBe(Describe(live));
    }

    [LibraryImport("ntdll")]
    private static partial uint NtSuspendProcess(SafeProcessHandle process);

    [LibraryImport("ntdll")]
    private static partial uint NtResumeProcess(SafeProcessHandle process);

    static string Describe(Snapshot snapshot)
    {
        var text = new StringBuilder().AppendLine($"{snapshot.Process} {snapshot.System} {snapshot.Layout}");
        for (var i = 0; i < snapshot.Blocks.Count; i++)
        {
            var block = snapshot.BlockAt(i);
            text.AppendLine($"{block.Range} {block.Protection} {block.Facts} {block.Label} {block.Region.Type} {block.Region.Details} {block.Get(Measure.Private)}");
        }
        return text.ToString();
    }
}
