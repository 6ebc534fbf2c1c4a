using System.Collections.Concurrent;
using VmAtlas.Capture;
using VmAtlas.Formats.Import;
using VmAtlas.Model;

namespace VmAtlas.Web.Sessions;

/// <summary>The targets that are open, by number. Numbers are never used again.</summary>
sealed class SessionStore(IPlatform platform) : IDisposable
{
    const int Most = 32;
    readonly ConcurrentDictionary<int, Session> _sessions = [];
    int _next;

    public IEnumerable<Session> All => _sessions.Values.OrderBy(s => s.Id);

    public Session this[int id] => _sessions.TryGetValue(id, out var session)
        ? session
        : throw new VmAtlasException(Failure.NotFound, $"target {id} is not open any more: choose it again");

    public async Task<Session> OpenProcess(int pid, TimeProvider clock, EventHub events, CancellationToken cancellation)
    {
        var id = NextId();
        var live = new LiveProcess(id, platform, pid, clock, events);
        try
        {
            await live.Refresh(cancellation);
            return Add(new Session(id, $"{live.Name} ({pid})", live.Timeline, live));
        }
        catch
        {
            live.Dispose();
            live.Timeline.Dispose();
            throw;
        }
    }

    /// <summary>Opens a saved timeline, ours or VMMap's.</summary>
    /// <param name="title">What to call it; the file's name when null.</param>
    /// <param name="folder">Goes when the session does.</param>
    public Session OpenFile(string path, string? title = null, PrivateFolder? folder = null)
    {
        var timeline = Importer.Open(path);
        if (timeline.Count > 0)
            return Add(new Session(NextId(), title ?? Path.GetFileName(path), timeline, live: null)
            {
                Folder = folder,
                Path = folder is null ? Path.GetFullPath(path) : null,
            });
        (timeline as IDisposable)?.Dispose();
        throw new VmAtlasException(Failure.BadFile, $"{path} holds no whole snapshot");
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
