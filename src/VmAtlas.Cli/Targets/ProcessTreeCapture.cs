using VmAtlas.Capture;
using VmAtlas.Model;

namespace VmAtlas.Cli.Targets;

/// <summary>Reads a process and all its descendants, one after the other.</summary>
static class ProcessTreeCapture
{
    /// <param name="problems">Takes those that could not be read, or ended meanwhile.</param>
    /// <exception cref="VmAtlasException">The process itself could not be read.</exception>
    public static IReadOnlyList<Snapshot> Capture(LiveTarget root, ICollection<Problem> problems, CancellationToken cancellation)
    {
        var snapshots = new List<Snapshot> { root.Capture(CaptureOptions.Quick, cancellation) };
        foreach (var pid in Platform.Current.TreeOf(root.Source.Process.Pid).Skip(1))
        {
            try
            {
                using var child = new LiveTarget(pid);
                snapshots.Add(child.Capture(CaptureOptions.Quick, cancellation));
            }
            catch (VmAtlasException e)
            {
                problems.Add(new Problem("child-not-read", $"process {pid} is not in the sums: {e.Message}"));
            }
        }
        return snapshots;
    }
}
