namespace VmAtlas.Model.Tracing;

/// <summary>What every call site held at a number of moments, in bounded memory however long the trace: of each moment only what changed is kept,
/// and when there are too many moments every second one is dropped and the time between them doubles.</summary>
public sealed class SiteSeries
{
    readonly record struct Moment(long Time, int[] Rows, long[] Live);

    /// <summary>After a halving there are half as many. Even.</summary>
    const int MostMoments = 256;

    /// <summary>With fewer moments growth could not be told from a single step.</summary>
    const int FewestMoments = 16;

    /// <summary>Changes kept of all moments, 12 bytes each, before moments are dropped for their sake.</summary>
    const int MostChanges = 4 << 20;

    const long FirstInterval = 10_000_000;

    readonly List<Moment> _moments = [];
    long _interval = FirstInterval;
    int _changes;

    /// <summary>When the next moment is due, in nanoseconds since the trace began.</summary>
    public long Due { get; private set; } = FirstInterval;

    /// <summary>Nanoseconds since the trace began, rising.</summary>
    public IReadOnlyList<long> Times => _moments.ConvertAll(m => m.Time);

    /// <summary>Live bytes by row at each of these times, as of the last moment not after it; zero before the first.</summary>
    /// <param name="times">Rising.</param>
    /// <param name="rows">Rows of the table.</param>
    public IEnumerable<long[]> At(IEnumerable<long> times, int rows)
    {
        var (live, next) = (new long[rows], 0);
        foreach (var time in times)
        {
            for (; next < _moments.Count && _moments[next].Time <= time; next++)
            {
                var moment = _moments[next];
                for (var i = 0; i < moment.Rows.Length; i++)
                    live[moment.Rows[i]] = moment.Live[i];
            }
            yield return live;
        }
    }

    internal void Take(long time, SiteTable sites)
    {
        var (rows, live) = sites.TakeChanges();
        if (_moments.Count > 0 && _moments[^1].Time >= time)
        {
            _changes -= _moments[^1].Rows.Length;
            _moments[^1] = Join(_moments[^1], new Moment(time, rows, live));
            _changes += _moments[^1].Rows.Length;
        }
        else
        {
            _moments.Add(new Moment(time, rows, live));
            _changes += rows.Length;
        }
        while (_moments.Count >= MostMoments || _changes > MostChanges && _moments.Count >= FewestMoments)
            Halve();
        Due = (time / _interval + 1) * _interval;
    }

    void Halve()
    {
        var kept = 0;
        _changes = 0;
        for (var i = 0; i < _moments.Count; i += 2)
        {
            _moments[kept] = i + 1 < _moments.Count ? Join(_moments[i], _moments[i + 1]) : _moments[i];
            _changes += _moments[kept++].Rows.Length;
        }
        _moments.RemoveRange(kept, _moments.Count - kept);
        _interval *= 2;
    }

    /// <summary>Both moments' changes as of the later. Rows are in order in each.</summary>
    static Moment Join(Moment a, Moment b)
    {
        var (rows, live) = (new List<int>(a.Rows.Length + b.Rows.Length), new List<long>(a.Rows.Length + b.Rows.Length));
        for (int i = 0, j = 0; i < a.Rows.Length || j < b.Rows.Length;)
        {
            if (j == b.Rows.Length || i < a.Rows.Length && a.Rows[i] < b.Rows[j])
            {
                rows.Add(a.Rows[i]);
                live.Add(a.Live[i++]);
                continue;
            }
            if (i < a.Rows.Length && a.Rows[i] == b.Rows[j])
                i++;
            rows.Add(b.Rows[j]);
            live.Add(b.Live[j++]);
        }
        return new Moment(b.Time, [.. rows], [.. live]);
    }
}
