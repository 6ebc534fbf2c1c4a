using System.Diagnostics;
using VmAtlas.Capture;
using VmAtlas.Capture.Linux;
using VmAtlas.Capture.Linux.Annotators;

namespace VmAtlas.Model.Tests;

/// <summary>A process that sleeps, so that what is read twice is the same twice.</summary>
sealed class Sleeper : IDisposable
{
    readonly Process _process = Process.Start(new ProcessStartInfo("sleep", ["60"]))!;

    public Sleeper()
    {
        for (var n = 0; n < 500 && !IsAsleep(); n++)
            Thread.Sleep(10);
        IsAsleep().ShouldBeTrue("sleep did not come to sleep within five seconds");
    }

    public int Pid => _process.Id;

    public Snapshot Capture()
    {
        using var target = new LinuxTarget(Pid);
        return new CapturePipeline(target, LinuxAnnotators.All).Capture();
    }

    /// <summary>Past exec, and in state S: the loader before it never waits but for the disk, which is state D.</summary>
    bool IsAsleep() => File.ReadAllText($"/proc/{Pid}/stat").Contains("(sleep) S", StringComparison.Ordinal);

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }
}
