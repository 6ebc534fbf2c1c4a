using VmAtlas.Capture;
using VmAtlas.Model;

namespace VmAtlas.Cli.Targets;

/// <summary>Captures and reports this very process once, on a core that has nothing to do, while the kernel writes the target's mappings.</summary>
/// <remarks>
/// A command lives for a few hundred milliseconds, and the runtime spends some forty of them on loading and compiling our code when it first
/// runs. A process with many mappings keeps the kernel busy for longer than that, on one core; by the time its text is
/// read the code that follows has run. Nothing of the rehearsal is kept, and the play does not wait for it.
/// </remarks>
static class Rehearsal
{
    /// <param name="report">What will be done with the snapshot, writing to nowhere.</param>
    public static void Start(CaptureOptions options, Action<Snapshot>? report) => Task.Run(() =>
    {
        using var self = Platform.Current.Open(Environment.ProcessId);
        var snapshot = new CapturePipeline(self, Platform.Current.Annotators(), null, options with { Once = true }).Capture();
        report?.Invoke(snapshot);
    });
}
