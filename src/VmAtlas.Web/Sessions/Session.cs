using VmAtlas.Model;
using VmAtlas.Web.Frames;

namespace VmAtlas.Web.Sessions;

/// <summary>One target that the page has open, with every snapshot of it.</summary>
sealed class Session(int id, string title, Timeline timeline, LiveProcess? live) : IDisposable
{
    public int Id { get; } = id;

    public string Title { get; } = title;

    public Timeline Timeline { get; } = timeline;

    /// <summary>Null for a saved file.</summary>
    public LiveProcess? Live { get; } = live;

    public LiveProcess LiveOrThrow =>
        Live ?? throw new VmAtlasException(Failure.Usage, $"{Title} is a saved file: only a running process can be asked for that");

    public Series Series { get; } = new();

    public Snapshot Load(int index) => index < Timeline.Count
        ? Timeline.Load(index)
        : throw new VmAtlasException(Failure.NotFound, $"{Title} has {Timeline.Count} snapshots, none with number {index}");

    public void Dispose()
    {
        Live?.Dispose();
        (Timeline as IDisposable)?.Dispose();
    }
}
