namespace VmAtlas.Tracing.Session;

/// <summary>Has somebody look at programs that wait for it, when they begin and when they end. Meanwhile they are read on: other threads of theirs go on.</summary>
sealed unsafe class SessionLooks(Action<int, bool> look)
{
    readonly List<(nint Header, int Pid)> _programs = [];
    readonly List<Task> _looking = [];

    public void Add(SessionHeader* header, int pid) => _programs.Add(((nint)header, pid));

    /// <summary>Begins the looks that are waited for.</summary>
    public void Answer()
    {
        for (var i = 0; i < _programs.Count; i++)
        {
            var wanted = Volatile.Read(ref ((SessionHeader*)_programs[i].Header)->LooksWanted);
            if (wanted == 0 || i < _looking.Count && !_looking[i].IsCompleted)
                continue;
            while (_looking.Count <= i)
                _looking.Add(Task.CompletedTask);
            var (header, pid) = _programs[i];
            if (Volatile.Read(ref ((SessionHeader*)header)->Looks) < wanted)
                _looking[i] = Task.Run(() => Look(header, pid, wanted));
        }
    }

    /// <summary>Until those that have begun are over.</summary>
    /// <returns>What went wrong with one; null when nothing did.</returns>
    public Exception? Wait()
    {
        try
        {
            Task.WaitAll([.. _looking]);
            return null;
        }
        catch (AggregateException e)
        {
            return e.InnerException;
        }
    }

    void Look(nint header, int pid, uint wanted)
    {
        try
        {
            look(pid, wanted > 1);
        }
        finally
        {
            Volatile.Write(ref ((SessionHeader*)header)->Looks, wanted); // whatever happened: the program goes on
        }
    }
}
