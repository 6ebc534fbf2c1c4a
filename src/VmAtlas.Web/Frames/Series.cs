using System.Globalization;
using VmAtlas.Formats.Frame;
using VmAtlas.Model;

namespace VmAtlas.Web.Frames;

/// <summary>The sums by type of every snapshot of a timeline, as columns over time, and what happened: what the chart draws.</summary>
/// <remarks>It grows with the timeline and is never made twice: each snapshot is loaded for it once at most.</remarks>
sealed class Series
{
    static readonly Measure[] s_measures = [Measure.Committed, Measure.Private, Measure.TotalWs, Measure.Pss, Measure.Swap];

    readonly Lock _lock = new();
    readonly TimelineSeries _series = new(s_measures);

    /// <summary>The command line of each snapshot whose process became another.</summary>
    readonly Dictionary<int, string> _programs = [];

    /// <summary>Adds the snapshots that are new in the timeline.</summary>
    public void CatchUp(Timeline timeline, CancellationToken cancellation)
    {
        lock (_lock)
        {
            for (var i = _series.Count; i < timeline.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                var (snapshot, before) = (timeline.Load(i), _series.Events.Count);
                _series.Add(snapshot);
                if (_series.Events.Skip(before).Any(e => e.Type is null))
                    _programs[i] = snapshot.Process.Executable ?? snapshot.Process.Name;
            }
        }
    }

    /// <summary>Columns "time" (seconds since 1970), "measure.type number" for each measure that is known, and "event": sentences,
    /// one a line, where something happened, and "mark": 1 where a type grew or shrank by much, 2 where the process became another program.</summary>
    /// <param name="traced">Of each snapshot the bytes that were allocated and live, NaN where nobody traced: column "allocated", where there is any.</param>
    public ColumnFrame Frame(Func<IReadOnlyList<DateTimeOffset>, double[]>? traced = null)
    {
        lock (_lock)
        {
            double[] times = [.. _series.Times.Select(t => t.ToUnixTimeMilliseconds() / 1000.0)];
            List<FrameColumn> columns = [FrameColumn.Doubles("time", "s", row => times[row])];
            foreach (var measure in s_measures)
            {
                for (var type = MemoryType.Image; (int)type < MemoryTypes.Count; type++)
                    AddColumn(columns, measure, type);
            }
            if (traced?.Invoke(_series.Times) is { } allocated && Array.Exists(allocated, b => !double.IsNaN(b)))
                columns.Add(FrameColumn.Doubles("allocated", "B", row => allocated[row]));
            var (texts, numbers, marks) = Events();
            columns.Add(FrameColumn.Unsigned("event", "string", row => numbers[row]));
            columns.Add(FrameColumn.Bytes("mark", "", row => marks[row]));
            return ColumnFrame.Of(times.Length, columns, texts);
        }
    }

    /// <summary>A copy, because the frame is written after the lock is left. What is zero all along is left out.</summary>
    void AddColumn(List<FrameColumn> columns, Measure measure, MemoryType type)
    {
        var (values, any) = (new double[_series.Count], false);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = _series.Value(type, measure, i) ?? 0;
            any |= values[i] != 0;
        }
        if (any)
            columns.Add(FrameColumn.Doubles($"{measure.JsonName()}.{(int)type}", "B", row => values[row]));
    }

    (List<string> Texts, uint[] Numbers, byte[] Marks) Events()
    {
        var (texts, numbers, marks) = (new List<string> { "" }, new uint[_series.Count], new byte[_series.Count]);
        foreach (var happened in _series.Events.GroupBy(e => e.Index))
        {
            numbers[happened.Key] = (uint)texts.Count;
            marks[happened.Key] = _programs.ContainsKey(happened.Key) ? (byte)2 : (byte)1;
            texts.Add(string.Join('\n', happened.Select(Sentence)));
        }
        return (texts, numbers, marks);
    }

    string Sentence(TimelineEvent happened) => happened.Kind switch
    {
        TimelineEventKind.Restarted => $"another process: {_programs[happened.Index]}",
        TimelineEventKind.Exec => $"became another program: {_programs[happened.Index]}",
        TimelineEventKind.Grew => string.Create(CultureInfo.InvariantCulture, $"{happened.Type!.Value.Name()} grew by {Mebibytes(happened.Bytes):0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{happened.Type!.Value.Name()} shrank by {Mebibytes(-happened.Bytes):0} MiB"),
    };

    static double Mebibytes(long bytes) => bytes / (double)(1 << 20);
}
