using VmAtlas.Model;
using VmAtlas.Web.Frames;
using VmAtlas.Web.Traces;

namespace VmAtlas.Web.Sessions;

/// <summary>One target that the page has open, with every snapshot of it.</summary>
sealed class Session(int id, string title, Timeline timeline, LiveProcess? live, TargetTraces traces) : IDisposable
{
    readonly Lock _lock = new();
    (int Since, int Index, ChangesFrame Changes)? _changes;

    public int Id { get; } = id;

    public string Title { get; } = title;

    public Timeline Timeline { get; } = timeline;

    /// <summary>Null for a saved file.</summary>
    public LiveProcess? Live { get; } = live;

    /// <summary>The saved file, where it lies on this machine; null for a process and for what was dropped on the page.</summary>
    public string? Path { get; init; }

    /// <summary>What was dropped on the page lies here until it is closed.</summary>
    public PrivateFolder? Folder { get; init; }

    public LiveProcess LiveOrThrow =>
        Live ?? throw new VmAtlasException(Failure.Usage, $"{Title} is a saved file: only a running process can be asked for that");

    /// <summary>None, for most targets.</summary>
    public TargetTraces Traces { get; } = traces;

    public Series Series { get; } = new();

    public Snapshot Load(int index) => index < Timeline.Count
        ? Timeline.Load(index)
        : throw new VmAtlasException(Failure.NotFound, $"{Title} has {Timeline.Count} snapshots, none with number {index}");

    /// <summary>What a later snapshot has more than an earlier one. The last one asked for is kept: rows and totals come by two calls.</summary>
    public ChangesFrame Changes(int since, int index)
    {
        lock (_lock)
        {
            if (_changes is not { } kept || kept.Since != since || kept.Index != index)
                _changes = kept = (since, index, new ChangesFrame(SnapshotDiff.Between(Load(since), Load(index))));
            return kept.Changes;
        }
    }

    public void Dispose()
    {
        Live?.Dispose();
        Traces.Dispose();
        (Timeline as IDisposable)?.Dispose();
        Folder?.Dispose();
    }
}
