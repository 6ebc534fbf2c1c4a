using System.Diagnostics;
using VmAtlas.Model;
using VmAtlas.Tracing.Interop;

namespace VmAtlas.Tracing.Session;

/// <summary>Reads all programs of one trace on a thread of its own until told to stop.</summary>
sealed unsafe class SessionPump : IDisposable
{
    /// <summary>Microseconds. At 30 ns an event, the fastest there is, a thread fills a tenth of its ring in one.</summary>
    const uint BetweenLooks = 500, BetweenHalves = 20;

    const double FewWords = 0.25;

    readonly SharedFile _file;
    readonly Ticks _ticks;
    readonly ITraceObserver _observer;
    readonly Func<int, TraceProcess> _describe;
    readonly SessionLooks? _looks;
    readonly List<SessionReader> _sessions = [];
    readonly Thread _thread;
    volatile bool _stop;
    Exception? _failure;

    /// <param name="describe">What is known of the program with this pid (as the agent says it), asked when it appears; the session's own figures are filled in.</param>
    /// <param name="look">See <see cref="TraceOptions.Look"/>; called for every program. Null where the agents are not to wait for it.</param>
    public SessionPump(SharedFile file, Ticks ticks, ITraceObserver observer, Func<int, TraceProcess> describe, Action<int, bool>? look = null)
    {
        (_file, _ticks, _observer, _describe) = (file, ticks, observer, describe);
        _looks = look is null ? null : new SessionLooks(look);
        _thread = new Thread(Run) { IsBackground = true, Name = "trace reader" };
        _thread.Start();
    }

    /// <summary>Whether a program has said that it records.</summary>
    public bool HasBegun => Volatile.Read(ref _file.Root.Magic) == SessionLayout.Magic;

    /// <summary>Reads what is left and ends. <paramref name="pid"/> ended as said; of other programs nobody knows how they did.</summary>
    public void Finish(int pid, TraceEnding ending, int value)
    {
        Stop();
        _failure ??= _looks?.Wait();
        FindSessions();
        foreach (var session in _sessions)
        {
            if (session.State == SessionState.Replaced && !IsLast(session))
                session.End(TraceEnding.Replaced, 0);
            else if (session.Process.Pid == pid)
                session.End(ending, value);
            else
                session.End(session.State == SessionState.Detached ? TraceEnding.Detached : TraceEnding.Gone, 0);
        }
        if (_failure is not null)
            throw new VmAtlasException(Failure.General, $"reading the trace failed: {_failure.Message}", _failure);
    }

    public void Dispose()
    {
        Stop();
        _ = _looks?.Wait();
    }

    void Stop()
    {
        _stop = true;
        _thread.Join();
    }

    void Run()
    {
        try
        {
            for (var idle = 0; !_stop;)
            {
                FindSessions();
                _looks?.Answer();
                idle = Round() ? 0 : idle + 1;
                if (idle > 0)
                    Thread.Sleep(idle > 20 ? 5 : 1);
            }
        }
        catch (Exception e) // an observer that fails ends the trace, not this process: Finish tells
        {
            _failure = e;
            Volatile.Write(ref _file.Root.ViewerClosed, 1);
        }
    }

    /// <summary>One look at all programs.</summary>
    /// <returns>Whether there was anything new.</returns>
    bool Round()
    {
        var fill = 0.0;
        foreach (var session in _sessions)
        {
            if (!session.IsEnded)
                fill = Math.Max(fill, session.BeginRound());
        }
        // Looking less often costs less, so long as no thread has to wait for room.
        Pause(fill < FewWords ? BetweenLooks : BetweenHalves);
        var any = false;
        foreach (var session in _sessions)
        {
            if (session.IsEnded)
                continue;
            any |= session.EndRound();
            if (session.State == SessionState.Replaced && !IsLast(session))
                session.End(TraceEnding.Replaced, 0);
        }
        return any;
    }

    /// <summary>Not shorter, whatever signals come.</summary>
    static void Pause(uint microseconds)
    {
        var begin = Stopwatch.GetTimestamp();
        do
            _ = Libc.usleep(microseconds);
        while (Stopwatch.GetElapsedTime(begin).TotalMicroseconds < microseconds);
    }

    /// <summary>exec may have failed, or led to a program that can not be traced: only a later program with the same pid proves it.</summary>
    bool IsLast(SessionReader session)
    {
        for (var i = _sessions.Count - 1; i >= 0 && _sessions[i] != session; i--)
            if (_sessions[i].Process.Pid == session.Process.Pid)
                return false;
        return true;
    }

    /// <summary>How long ago that was; the target writes it, so that it may be anything.</summary>
    TimeSpan Since(ulong ticks) =>
        TimeSpan.FromSeconds(Math.Clamp((_ticks.Now - (double)ticks) * _ticks.NanosecondsEach / 1e9, 0, TimeSpan.SecondsPerDay));

    void FindSessions()
    {
        var count = (int)Math.Min(Volatile.Read(ref _file.Root.Sessions), SessionLayout.MaxSessions);
        while (_sessions.Count < count)
        {
            var header = _file.Header(_sessions.Count);
            if (Volatile.Read(ref header->Magic) != SessionLayout.Magic)
                return;
            var process = _describe((int)header->Pid) with
            {
                ParentPid = (int)header->ParentPid,
                SampleInterval = header->SampleInterval,
                Began = DateTimeOffset.UtcNow - Since(header->BeganTicks),
            };
            _looks?.Add(header, process.Pid);
            _sessions.Add(new SessionReader(_file, header, _ticks, process, _observer));
        }
    }
}
