using VmAtlas.Capture;
using VmAtlas.Model;

namespace VmAtlas.Cli.Targets;

/// <summary>A snapshot in a file.</summary>
sealed class SavedTarget(FileSpec file) : Target
{
    public FileSpec File { get; } = file;

    public override Snapshot Capture(CaptureOptions options, CancellationToken cancellation) => throw new NotSupportedException();

    public override void Dispose()
    {
    }
}
