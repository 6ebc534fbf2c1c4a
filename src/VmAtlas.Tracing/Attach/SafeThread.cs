using System.Buffers.Binary;
using System.Globalization;
using VmAtlas.Model;
using VmAtlas.Tracing.Interop;

namespace VmAtlas.Tracing.Attach;

/// <summary>Finds a thread of the target that can be made to call dlopen: one that holds no lock of the allocator or the loader.</summary>
/// <remarks>
/// First choice is a thread that sleeps in a system call, then one that runs outside the C library, then one that waits for a lock. Each is refused when one
/// of the calls it is in is the allocator's or the loader's; where its stack can not be followed to its end (code compiled at run time), also when a word of
/// the next kilobyte is an address inside them. That may be a stale word, so a thread that has slept in the same call without a move for long enough is taken
/// in spite of all: neither allocator nor loader sleeps that long while it holds a lock. That is wrong only where a lock of theirs is held by a thread that
/// does not run (stopped by hand).
/// </remarks>
sealed class SafeThread(int pid, RemoteMemory memory, TargetLibraries libraries)
{
    const int Tries = 200;
    const int Scanned = 1024;
    const int LongAsleep = 60;
    const ulong FutexCall = 202;

    /// <summary>mmap, mprotect, munmap, brk, mremap, madvise, futex: what an allocator may be in the middle of, in functions that have no name.</summary>
    static readonly HashSet<ulong> s_memoryCalls = [9, 10, 11, 12, 25, 28, FutexCall];

    readonly Dictionary<int, (Registers Where, int Times)> _seen = [];

    /// <summary>Told to stop, and not seen to have stopped.</summary>
    readonly Dictionary<int, StoppedThread> _late = [];

    readonly RemoteStack _stack = new(memory, libraries.Modules);

    /// <exception cref="VmAtlasException">No thread came to a safe point.</exception>
    public StoppedThread Stop()
    {
        // Compiles what follows a stack before anybody has to stand still for it.
        _ = _stack.Walk(new Registers { Rip = libraries.Syscall }, libraries.IsInLibc);
        for (var i = 0; i < Tries; i++)
        {
            foreach (var tid in InOrderOfPreference())
            {
                var thread = _late.Remove(tid, out var late) ? late : StoppedThread.Ask(tid, memory);
                if (thread is null)
                    continue;
                if (!thread.HasStopped())
                {
                    _late.Add(tid, thread);
                    continue;
                }
                // One that is late may stop with a lock held that this one is about to be made to take.
                if ((IsSafe(thread) || HasSleptLong(tid, thread.Registers)) && _late.Count == 0)
                    return thread;
                thread.Dispose();
            }
            Thread.Sleep(i % 7);
        }
        throw new VmAtlasException(Failure.General, $"no thread of process {pid} came to a point where the agent can be loaded: try again, or start the program with vmatlas trace --");
    }

    int[] InOrderOfPreference() => Directory.EnumerateDirectories($"/proc/{pid}/task")
        .Select(folder => (Tid: int.Parse(Path.GetFileName(folder.AsSpan()), CultureInfo.InvariantCulture), Rank: RankOf(folder)))
        .OrderBy(t => t.Rank).Select(t => t.Tid).Take(64).ToArray();

    /// <summary>/proc/PID/task/TID/syscall: "running", or the call's number and arguments.</summary>
    static int RankOf(string folder)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(folder, "syscall"));
            return text.StartsWith("running", StringComparison.Ordinal) ? 1 : text.StartsWith($"{FutexCall} ", StringComparison.Ordinal) ? 2 : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 1; // kernels may be built without it
        }
    }

    bool HasSleptLong(int tid, Registers now)
    {
        var times = _seen.TryGetValue(tid, out var before) && before.Where.Rsp == now.Rsp && before.Where.Rip == now.Rip && before.Where.Rcx == now.Rcx
            && before.Where.OrigRax == now.OrigRax && unchecked((long)now.OrigRax) >= 0 ? before.Times + 1 : 0;
        _seen[tid] = (now, times);
        return times > LongAsleep;
    }

    bool IsSafe(StoppedThread thread)
    {
        var registers = thread.Registers;
        var isInCall = unchecked((long)registers.OrigRax) >= 0;
        if (libraries.IsDelicate(registers.Rip) || (isInCall ? s_memoryCalls.Contains(registers.OrigRax) : libraries.IsInLibc(registers.Rip)))
            return false;
        var isDelicate = false;
        var lostAt = _stack.Walk(registers, pc => !(isDelicate |= libraries.IsDelicate(pc)));
        return !isDelicate && (lostAt is not { } from || IsClear(from));
    }

    /// <summary>Whether no word from there on may be a return address inside the allocator or the loader.</summary>
    bool IsClear(ulong from)
    {
        var stack = memory.Read(from, Scanned);
        for (var i = 0; i + 8 <= stack.Length; i += 8)
            if (libraries.IsDelicate(BinaryPrimitives.ReadUInt64LittleEndian(stack.AsSpan(i))))
                return false;
        return true;
    }
}
