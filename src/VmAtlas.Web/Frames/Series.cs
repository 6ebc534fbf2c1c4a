using VmAtlas.Formats.Frame;
using VmAtlas.Model;

namespace VmAtlas.Web.Frames;

/// <summary>The sums by type of every snapshot of a timeline, as columns over time: what the chart draws.</summary>
/// <remarks>It grows with the timeline and is never made twice: each snapshot is loaded for it once at most.</remarks>
sealed class Series
{
    static readonly Measure[] s_measures = [Measure.Committed, Measure.Private, Measure.TotalWs, Measure.Pss, Measure.Swap];

    readonly Lock _lock = new();
    readonly List<double> _times = [];
    readonly List<double>[] _values = [.. Enumerable.Range(0, s_measures.Length * MemoryTypes.Count).Select(_ => new List<double>())];
    readonly bool[] _known = new bool[s_measures.Length];

    /// <summary>Adds the snapshots that are new in the timeline.</summary>
    public void CatchUp(Timeline timeline, CancellationToken cancellation)
    {
        lock (_lock)
        {
            for (var i = _times.Count; i < timeline.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                Add(timeline.Load(i));
            }
        }
    }

    void Add(Snapshot snapshot)
    {
        _times.Add(snapshot.TakenAt.ToUnixTimeMilliseconds() / 1000.0);
        for (var m = 0; m < s_measures.Length; m++)
        {
            _known[m] |= snapshot.Has(s_measures[m]);
            for (var t = 0; t < MemoryTypes.Count; t++)
                _values[m * MemoryTypes.Count + t].Add(snapshot.Summary[(MemoryType)t].Measures[s_measures[m]]);
        }
    }

    /// <summary>Columns "time" (seconds since 1970) and "measure.type number" for each measure that is known.</summary>
    public ColumnFrame Frame()
    {
        lock (_lock)
        {
            List<FrameColumn> columns = [Column("time", "s", _times)];
            for (var m = 0; m < s_measures.Length; m++)
            {
                for (var t = 0; _known[m] && t < MemoryTypes.Count; t++)
                {
                    var values = _values[m * MemoryTypes.Count + t];
                    if (values.Exists(v => v != 0))
                        columns.Add(Column($"{s_measures[m].JsonName()}.{t}", "B", values));
                }
            }
            return ColumnFrame.Of(_times.Count, columns, [""]);
        }
    }

    /// <summary>A copy, because the frame is written after the lock is left.</summary>
    static FrameColumn Column(string name, string unit, List<double> values)
    {
        double[] copy = [.. values];
        return FrameColumn.Doubles(name, unit, row => copy[row]);
    }
}
