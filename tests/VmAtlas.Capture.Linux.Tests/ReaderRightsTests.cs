using VmAtlas.Capture.Linux.Processes;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests;

/// <summary>What a reader without rights is told.</summary>
public sealed class ReaderRightsTests
{
    const string NeedsRoot = "only root can become another user to try this";

    [Fact]
    public void Another_users_process_is_refused_with_what_would_help()
    {
        Assert.SkipUnless(OtherUser.IsPossible, NeedsRoot);
        using var program = TestTarget.Start("reader_pages");
        OtherUser.Run(() =>
        {
            using var target = new LinuxTarget(program.Pid);
            var failure = Should.Throw<VmAtlasException>(() => target.ReadMappings(new BlockTable(), new StringTable(), []));
            failure.Failure.ShouldBe(Failure.NotPermitted);
            failure.Message.ShouldBe($"the memory of reader_pages ({program.Pid}) may not be read: "
                + "needs CAP_SYS_PTRACE: run with sudo, or as user root");
            target.Process.User.ShouldBe("root");
            target.Process.Command.ShouldNotBeNull();
            target.Process.Architecture.ShouldBeNull(); // the executable of another user's process is not shown
            target.TryReadTotals(out var totals).ShouldBeTrue();
            totals["VmSize"].ShouldBeGreaterThan(64UL << 30);
            target.TryTally(AddressRange.Of(0x1000, 0x2000), out _).ShouldBeFalse();
            target.Read(new Address(program.Address("mixed")), new byte[16]).ShouldBe(0);
        });
    }

    [Fact]
    public void A_list_says_of_each_process_why_columns_are_missing()
    {
        Assert.SkipUnless(OtherUser.IsPossible, NeedsRoot);
        using var program = TestTarget.Start("reader_pages");
        OtherUser.Run(() =>
        {
            var row = ProcessList.Read(program.Pid).ShouldNotBeNull();
            row.WhyNot.ShouldBe("not permitted: needs CAP_SYS_PTRACE (run with sudo)");
            (row.Private, row.Pss).ShouldBe((null, null));
            row.TotalWs.ShouldNotBeNull().Bytes.ShouldBeGreaterThan(0UL);
        });
    }

    [Fact]
    public void A_hidden_process_is_not_found_and_hidepid_is_named()
    {
        Assert.SkipUnless(OtherUser.IsPossible, NeedsRoot);
        using var program = TestTarget.Start("reader_pages");
        var could = OtherUser.TryRunWithHiddenProcesses(() =>
        {
            var failure = Should.Throw<VmAtlasException>(() => new LinuxTarget(program.Pid));
            failure.Failure.ShouldBe(Failure.NotFound);
            failure.Message.ShouldContain("hidepid");
            ProcessList.Read(program.Pid).ShouldBeNull();
            ProcessList.Pids().ShouldNotContain(program.Pid);
        });
        Assert.SkipUnless(could, "mounting /proc with hidepid is refused here");
    }

    [Fact]
    public void Ones_own_process_needs_no_rights()
    {
        Assert.SkipUnless(OtherUser.IsPossible && File.Exists("/usr/bin/setpriv"), NeedsRoot + ", by setpriv");
        var path = Path.Combine(Repository.Targets, "reader_pages");
        using var program = TestTarget.Start("/usr/bin/setpriv", $"--reuid={OtherUser.Nobody}", $"--regid={OtherUser.Nobody}", "--clear-groups", path);
        program.Stop();
        OtherUser.Run(() =>
        {
            using var target = new LinuxTarget(program.Pid);
            var snapshot = new CapturePipeline(target, []).Capture();
            snapshot.Problems.Select(p => p.Id).ShouldNotContain("pagemap-denied");
            var mixed = AddressRange.Of(program.Address("mixed"), program.Address("mixed") + 64 * 4096);
            target.TryTally(mixed, out var tally).ShouldBeTrue();
            (tally.Resident, tally.AnonymousExclusive).ShouldBe((16UL * 4096, 16UL * 4096));
            var bytes = new byte[100];
            target.Read(mixed.Start, bytes).ShouldBe(100);
            bytes.ShouldAllBe(b => b == 'a');
        });
    }
}
