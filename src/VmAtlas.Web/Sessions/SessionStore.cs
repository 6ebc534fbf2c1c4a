using System.Collections.Concurrent;
using VmAtlas.Capture;
using VmAtlas.Formats.Import;
using VmAtlas.Model;
using VmAtlas.Tracing;
using VmAtlas.Web.Api;
using VmAtlas.Web.Traces;

namespace VmAtlas.Web.Sessions;

/// <summary>The targets that are open, by number. Numbers are never used again.</summary>
/// <param name="readDump">See <see cref="WebServerOptions.ReadDump"/>.</param>
/// <param name="symbols">Where debug information for the names in traces is looked for.</param>
sealed class SessionStore(IPlatform platform, Func<string, Snapshot?> readDump, SymbolSetting symbols) : IDisposable
{
    /// <summary>Between two snapshots of a program that is traced.</summary>
    public static readonly TimeSpan TracedInterval = TimeSpan.FromSeconds(1);

    const int Most = 32;
    readonly ConcurrentDictionary<int, Session> _sessions = [];
    int _next;

    public IEnumerable<Session> All => _sessions.Values.OrderBy(s => s.Id);

    public Session this[int id] => _sessions.TryGetValue(id, out var session)
        ? session
        : throw new VmAtlasException(Failure.NotFound, $"target {id} is not open any more: choose it again");

    public Task<Session> OpenProcess(int pid, TimeProvider clock, EventHub events, CancellationToken cancellation) =>
        OpenLive(_ => pid, clock, events, cancellation);

    /// <summary>Starts a program with a trace of it, and opens it; its map is read once a second, as its trace goes on.</summary>
    /// <param name="managed">Of the objects of a .NET program.</param>
    public async Task<Session> Launch(
        IReadOnlyList<string> command, TraceOptions options, bool managed, TimeProvider clock, EventHub events, CancellationToken cancellation)
    {
        var session = await OpenLive(traces => managed ? traces.LaunchManaged(command, options) : traces.Launch(command, options), clock, events, cancellation);
        session.Live?.SetInterval(TracedInterval);
        return session;
    }

    async Task<Session> OpenLive(Func<LiveTraces, int> begin, TimeProvider clock, EventHub events, CancellationToken cancellation)
    {
        var (id, timeline) = (NextId(), new SpilledTimeline());
        var traces = new LiveTraces(timeline.Traces, timeline.FilePath, () => timeline.Length, symbols);
        LiveProcess? live = null;
        try
        {
            var pid = await Task.Run(() => begin(traces), cancellation);
            traces.Ended += () => events.Tell(new SessionEvent(id, "trace"));
            try
            {
                live = new LiveProcess(id, platform, pid, timeline, clock, events);
                await live.Refresh(cancellation);
            }
            catch (VmAtlasException e) when (e.Failure is Failure.TargetEnded or Failure.NotFound)
            {
                live?.Dispose();
                live = null;
                await traces.End;
                if (traces.First is not { } process)
                    throw;
                // It ended before its map was read; its trace is whole all the same.
                timeline.Add(TraceOnly.SnapshotOf(process));
                return Add(new Session(id, $"{process.Command} ({pid}, ended)", timeline, live: null, traces));
            }
            return Add(new Session(id, $"{live.Name} ({pid})", timeline, live, traces));
        }
        catch
        {
            live?.Dispose();
            traces.Dispose();
            timeline.Dispose();
            throw;
        }
    }

    /// <summary>Opens a saved timeline, ours or VMMap's, or a dump.</summary>
    /// <param name="title">What to call it; the file's name when null.</param>
    /// <param name="folder">Goes when the session does.</param>
    public Session OpenFile(string path, string? title = null, PrivateFolder? folder = null)
    {
        var (timeline, traces) = (readDump(path) is { } dump ? Timeline.Of([dump]) : Importer.Open(path), new FileTraces(path, symbols));
        if (timeline.Count == 0)
        {
            (timeline as IDisposable)?.Dispose();
            if (traces.Count == 0)
                throw new VmAtlasException(Failure.BadFile, $"{path} holds no whole snapshot");
            timeline = Timeline.Of([TraceOnly.SnapshotOf(traces.First!)]);
        }
        return Add(new Session(NextId(), title ?? Path.GetFileName(path), timeline, live: null, traces)
        {
            Folder = folder,
            Path = folder is null ? Path.GetFullPath(path) : null,
        });
    }

    public void Close(Session session)
    {
        if (_sessions.TryRemove(session.Id, out _))
            session.Dispose();
    }

    public void Dispose()
    {
        foreach (var session in _sessions.Values)
            Close(session);
    }

    int NextId() => _sessions.Count < Most
        ? Interlocked.Increment(ref _next)
        : throw new VmAtlasException(Failure.Usage, $"{Most} targets are open already: close one first");

    Session Add(Session session)
    {
        _sessions[session.Id] = session;
        return session;
    }
}
