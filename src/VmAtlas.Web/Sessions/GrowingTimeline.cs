using VmAtlas.Model;

namespace VmAtlas.Web.Sessions;

/// <summary>The snapshots taken so far. One thread adds, any may read.</summary>
sealed class GrowingTimeline : Timeline
{
    readonly Lock _lock = new();
    readonly List<Snapshot> _snapshots = [];

    public override int Count
    {
        get
        {
            lock (_lock)
                return _snapshots.Count;
        }
    }

    public override DateTimeOffset TakenAt(int index) => Load(index).TakenAt;

    public override Snapshot Load(int index)
    {
        lock (_lock)
            return _snapshots[index];
    }

    public int Add(Snapshot snapshot)
    {
        lock (_lock)
        {
            _snapshots.Add(snapshot);
            return _snapshots.Count - 1;
        }
    }
}
