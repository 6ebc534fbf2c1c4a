using VmAtlas.Capture;
using VmAtlas.Capture.Linux.Processes;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests;

/// <summary>Targets that end, change, or never had memory.</summary>
public sealed class ReaderFailureTests
{
    [Fact]
    public void A_process_that_is_not_there_is_not_found()
    {
        var failure = Should.Throw<VmAtlasException>(() => new LinuxTarget(int.MaxValue));
        failure.Failure.ShouldBe(Failure.NotFound);
        failure.Message.ShouldBe("there is no process 2147483647");
    }

    [Fact]
    public void A_target_that_ends_after_its_mappings_were_read_is_noticed()
    {
        using var program = TestTarget.Start("reader_ends", "exit");
        using var target = new LinuxTarget(program.Pid);
        target.ReadMappings(new BlockTable(), new StringTable(), []);
        target.EnsureUnchanged();
        program.Input.WriteLine();
        program.Input.Flush();
        program.Output.ReadToEnd();
        var failure = Should.Throw<VmAtlasException>(() => WaitForChange(target));
        failure.Failure.ShouldBe(Failure.TargetEnded);
        failure.Message.ShouldBe($"reader_ends ({program.Pid}) ended while it was read");
        Should.Throw<VmAtlasException>(() => target.ReadMappings(new BlockTable(), new StringTable(), []))
            .Failure.ShouldBe(Failure.TargetEnded);
    }

    [Fact]
    public void A_target_that_becomes_another_program_is_noticed_and_can_be_read_anew()
    {
        using var program = TestTarget.Start("reader_ends", "exec");
        using var target = new LinuxTarget(program.Pid);
        var first = new BlockTable();
        target.ReadMappings(first, new StringTable(), []);
        program.Input.WriteLine();
        program.Input.Flush();
        program.Output.ReadLine().ShouldBe("ready");
        var failure = Should.Throw<VmAtlasException>(target.EnsureUnchanged);
        failure.Failure.ShouldBe(Failure.TargetEnded);
        failure.Message.ShouldContain("became another program (exec)");
        var second = new BlockTable();
        target.ReadMappings(second, new StringTable(), []);
        target.EnsureUnchanged();
        second.Starts[0].ShouldNotBe(first.Starts[0]);
        target.TryTally(second.Range(0), out var tally).ShouldBeTrue();
        tally.Resident.ShouldBe(second.Get(Measure.TotalWs, 0));
        target.Process.Command.ShouldNotBeNull().ShouldEndWith(" again");
    }

    [Fact]
    public void A_process_whose_first_thread_has_ended_is_read_through_another()
    {
        using var program = TestTarget.Start("reader_ends", "leader");
        File.ReadAllBytes($"/proc/{program.Pid}/maps").ShouldBeEmpty();
        using var target = new LinuxTarget(program.Pid);
        var snapshot = new CapturePipeline(target, []).Capture();
        var held = snapshot.Find(new Address(program.Address("held"))).ShouldNotBeNull();
        held.Get(Measure.TotalWs).ShouldBeGreaterThanOrEqualTo(1UL << 20);
        snapshot.PageTables.ShouldNotBeNull();
        var bytes = new byte[10];
        target.Read(new Address(program.Address("held")), bytes).ShouldBe(10);
        bytes.ShouldAllBe(b => b == 1);
        target.Threads.Select(t => t.State == 'Z').ShouldBe([true, false]);
        ProcessList.Read(program.Pid).ShouldNotBeNull().Private.ShouldNotBeNull().Bytes.ShouldBeGreaterThan(1UL << 20);
    }

    [Fact]
    public void A_zombie_is_said_to_be_one()
    {
        using var program = TestTarget.Start("reader_ends", "zombie");
        var child = int.Parse(program.Said["child"].Single());
        using var target = new LinuxTarget(child);
        var failure = Should.Throw<VmAtlasException>(() => target.ReadMappings(new BlockTable(), new StringTable(), []));
        failure.Failure.ShouldBe(Failure.TargetEnded);
        failure.Message.ShouldBe($"reader_ends ({child}) has ended (a zombie until process {program.Pid} collects it): its memory is gone");
        target.TryReadTotals(out _).ShouldBeFalse();
        ProcessList.Read(child).ShouldNotBeNull().WhyNot.ShouldBe("it has ended and waits for its parent");
    }

    [Fact]
    public void A_kernel_thread_is_said_to_have_no_memory()
    {
        var kernel = ProcessList.Read(ProcessDetail.Totals, kernelThreads: true).FirstOrDefault(p => p.IsKernelThread);
        if (kernel is null)
            Assert.Skip("no kernel thread is to be seen here (a container)");
        using var target = new LinuxTarget(kernel.Pid);
        var failure = Should.Throw<VmAtlasException>(() => target.ReadMappings(new BlockTable(), new StringTable(), []));
        failure.Message.ShouldEndWith("is a kernel thread: it has no user memory to show");
        target.Process.Command.ShouldBeNull();
    }

    [Fact]
    public void A_thread_id_means_its_process()
    {
        using var program = TestTarget.Start("reader_pages");
        using var leader = new LinuxTarget(program.Pid);
        using var target = new LinuxTarget(leader.ThreadIds[1]);
        target.Process.Pid.ShouldBe(program.Pid);
    }

    /// <summary>A process ends a moment after its output does.</summary>
    static void WaitForChange(LinuxTarget target)
    {
        for (var i = 0; i < 1000; i++)
        {
            target.EnsureUnchanged();
            Thread.Sleep(5);
        }
    }
}
