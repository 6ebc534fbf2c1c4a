namespace VmAtlas.Model;

/// <summary>Snapshots of one target in order of time. A snapshot is loaded when asked for, so that a recording of days opens at once.</summary>
public abstract class Timeline
{
    public abstract int Count { get; }

    /// <summary>When a snapshot was taken, without loading it.</summary>
    public abstract DateTimeOffset TakenAt(int index);

    public abstract Snapshot Load(int index);

    /// <summary>What could not be read of the timeline as a whole: a torn tail, snapshots lost with a damaged part. Empty for a whole one.</summary>
    public virtual IReadOnlyList<Problem> Problems => [];

    /// <summary>A timeline of snapshots that are in memory already.</summary>
    public static Timeline Of(IReadOnlyList<Snapshot> snapshots) => new InMemory(snapshots);

    sealed class InMemory(IReadOnlyList<Snapshot> snapshots) : Timeline
    {
        public override int Count => snapshots.Count;

        public override DateTimeOffset TakenAt(int index) => snapshots[index].TakenAt;

        public override Snapshot Load(int index) => snapshots[index];
    }
}
