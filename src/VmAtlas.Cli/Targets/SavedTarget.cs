using VmAtlas.Capture;
using VmAtlas.Formats.Import;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;

namespace VmAtlas.Cli.Targets;

/// <summary>Snapshots in a file, ours or VMMap's, one of which is meant where one is wanted.</summary>
sealed class SavedTarget(FileSpec file) : Target
{
    public FileSpec File => file;

    public Timeline Timeline { get; } = Importer.Open(file.Path);

    public override IReadOnlyList<Problem> Problems => Timeline is TimelineReader reader ? reader.Problems : [];

    public override Snapshot Capture(CaptureOptions options, CancellationToken cancellation) =>
        Timeline.Load(file.IndexIn(Timeline.Count));

    public override Snapshot CaptureObjects(CaptureOptions options, CancellationToken cancellation)
    {
        var snapshot = Capture(options, cancellation);
        return snapshot.Objects is not null ? snapshot : throw HasNoObjects();
    }

    public VmAtlasException HasNoObjects() =>
        new(Failure.General, $"{file.Path} was saved without its objects: 'vmatlas snapshot --managed' keeps them");

    public override void Dispose() => (Timeline as IDisposable)?.Dispose();
}
