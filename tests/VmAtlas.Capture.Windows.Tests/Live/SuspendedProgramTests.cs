using System.Diagnostics;
using VmAtlas.Model;
using VmAtlas.Tracing.Windows;

namespace VmAtlas.Capture.Windows.Tests.Live;

/// <summary>Programs that are started for a trace.</summary>
public sealed class SuspendedProgramTests : LiveTest
{
    [Fact]
    public void It_runs_when_it_is_told_to_and_says_how_it_ended()
    {
        var file = Path.GetTempFileName();
        using var program = SuspendedProgram.Create(["cmd.exe", "/c", $"del {file} & exit 7"]);
        Thread.Sleep(200);
        File.Exists(file).ShouldBeTrue("it has not run yet");
        program.Run();
        program.Wait().ShouldBe(7);
        File.Exists(file).ShouldBeFalse();
    }

    [Fact]
    public void What_never_ran_is_taken_away()
    {
        int pid;
        using (var program = SuspendedProgram.Create(["cmd.exe", "/c", "exit 7"]))
            pid = program.Pid;
        SpinWait.SpinUntil(() => !IsThere(pid), TimeSpan.FromSeconds(10)).ShouldBeTrue();
    }

    [Fact]
    public void A_program_that_is_not_there_is_said() =>
        Should.Throw<VmAtlasException>(() => SuspendedProgram.Create(["no-such-program.exe"])).Failure.ShouldBe(Failure.NotFound);

    static bool IsThere(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
