namespace VmAtlas.Model;

/// <summary>The summaries of a timeline as series: for each type and measure a figure a snapshot.</summary>
/// <remarks>Snapshots are added one at a time and not kept, so a recording of days needs one in memory; a figure costs 8 bytes.</remarks>
public sealed class TimelineSeries
{
    const int Rows = MemoryTypes.Count + 1;
    const ulong Absent = ulong.MaxValue;

    readonly Measure[] _measures;
    readonly List<DateTimeOffset> _times = [];
    readonly List<ulong>[] _values;
    readonly List<TimelineEvent> _events = [];
    ProcessFacts? _process;

    /// <param name="measures">Which to keep; all when none is named.</param>
    public TimelineSeries(params ReadOnlySpan<Measure> measures)
    {
        _measures = measures.IsEmpty ? Enum.GetValues<Measure>() : measures.ToArray();
        _values = [.. _measures.Select(_ => new List<ulong>())];
    }

    public IReadOnlyList<Measure> Kept => _measures;

    public int Count => _times.Count;

    /// <summary>When each snapshot was taken.</summary>
    public IReadOnlyList<DateTimeOffset> Times => _times;

    /// <summary>In order of time.</summary>
    public IReadOnlyList<TimelineEvent> Events => _events;

    /// <summary>A change of a type between neighbouring snapshots that is at least this and a tenth of what the type was is an event.</summary>
    public ByteSize NotableChange { get; init; } = new(16 << 20);

    /// <summary>Loads every snapshot of a timeline once, in order.</summary>
    public static TimelineSeries Of(Timeline timeline, CancellationToken cancellation, params ReadOnlySpan<Measure> measures)
    {
        var series = new TimelineSeries(measures);
        for (var i = 0; i < timeline.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            series.Add(timeline.Load(i));
        }
        return series;
    }

    public void Add(Snapshot snapshot)
    {
        _times.Add(snapshot.TakenAt);
        for (var m = 0; m < _measures.Length; m++)
        {
            foreach (var row in snapshot.Summary.Rows)
                _values[m].Add(row.Measures.Has(_measures[m]) ? row.Measures[_measures[m]] : Absent);
        }
        FindEvents(snapshot);
        _process = snapshot.Process;
    }

    /// <summary>A figure of one snapshot, bytes; null where it is absent.</summary>
    /// <param name="type">Null for Total.</param>
    public ulong? Value(MemoryType? type, Measure measure, int index) =>
        _values[NumberOf(measure)][(index * Rows) + RowOf(type)] is var value && value != Absent ? value : null;

    /// <summary>
    /// For a chart of so many columns: which snapshot each column shows, -1 where none was taken in its time. A column that has several
    /// shows the one with the highest total, so that no peak is lost and the types in a column belong together.
    /// </summary>
    public int[] Resample(Measure measure, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        var chosen = new int[columns];
        Array.Fill(chosen, -1);
        if (Count == 0)
            return chosen;
        var (first, span) = (_times[0], _times.Max() - _times[0]);
        for (var i = 0; i < Count; i++)
        {
            var part = span > TimeSpan.Zero ? (_times[i] - first) / span : 0;
            var column = (int)Math.Clamp(part * columns, 0, columns - 1);
            if (chosen[column] < 0 || (Value(null, measure, i) ?? 0) > (Value(null, measure, chosen[column]) ?? 0))
                chosen[column] = i;
        }
        return chosen;
    }

    void FindEvents(Snapshot snapshot)
    {
        var (index, now) = (Count - 1, snapshot.Process);
        if (_process is not { } before)
            return;
        if (!before.IsSameProcessAs(now))
            _events.Add(new TimelineEvent(index, TimelineEventKind.Restarted, null, 0));
        else if (before.Executable != now.Executable)
            _events.Add(new TimelineEvent(index, TimelineEventKind.Exec, null, 0));
        var measure = Array.Find((Measure[])[Measure.Committed, Measure.TotalWs, Measure.Size], m => _measures.Contains(m));
        for (var type = MemoryType.Image; type <= MemoryType.PrivateData && _measures.Contains(measure); type++)
            Compare(type, measure, index);
    }

    void Compare(MemoryType type, Measure measure, int index)
    {
        if (Value(type, measure, index - 1) is not { } before || Value(type, measure, index) is not { } after)
            return;
        var delta = Deltas.Between(before, after);
        if ((ulong)Math.Abs(delta) >= Math.Max(NotableChange.Bytes, before / 10))
            _events.Add(new TimelineEvent(index, delta > 0 ? TimelineEventKind.Grew : TimelineEventKind.Shrank, type, delta));
    }

    int NumberOf(Measure measure) => Array.IndexOf(_measures, measure) is >= 0 and var number
        ? number
        : throw new ArgumentException($"the series do not keep {measure.Title()}", nameof(measure));

    static int RowOf(MemoryType? type) => type is { } t ? (int)t + 1 : 0;
}
