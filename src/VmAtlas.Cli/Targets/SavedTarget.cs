using VmAtlas.Capture;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;

namespace VmAtlas.Cli.Targets;

/// <summary>Snapshots in a file, one of which is meant where one is wanted.</summary>
sealed class SavedTarget : Target
{
    readonly FileSpec _file;
    readonly TimelineReader _reader;

    public SavedTarget(FileSpec file)
    {
        _file = file;
        _reader = TimelineFile.Open(file.Path);
    }

    public Timeline Timeline => _reader;

    public override IReadOnlyList<Problem> Problems => _reader.Problems;

    public override Snapshot Capture(CaptureOptions options, CancellationToken cancellation) =>
        Timeline.Load(_file.IndexIn(Timeline.Count));

    public override void Dispose() => _reader.Dispose();
}
