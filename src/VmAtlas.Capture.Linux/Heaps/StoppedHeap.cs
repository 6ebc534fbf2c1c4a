using System.Diagnostics;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>The heap of a target that is held still for it, so that the figures are exact.</summary>
/// <remarks>
/// A thread may stand in the middle of malloc, and then the heap is as it never should be seen. Evidence: the lock that an arena begins with is
/// taken, or something in the heap or the ring of arenas does not fit. Then the target goes on for a moment and is held again, a few times; what is
/// still approximate after that is damaged rather than in motion, and the report says so.
/// </remarks>
public static class StoppedHeap
{
    /// <summary>How often a whole look, which keeps the target still for long, is made at most.</summary>
    const int MostLooks = 3;

    /// <summary>How long a moment without a lock is waited for; a look at the locks keeps the target still for a fraction of a millisecond.</summary>
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3), s_between = TimeSpan.FromMilliseconds(0.2);

    /// <returns>With <see cref="HeapReport.Paused"/> the sum of all the time it stood still; null when there is no glibc heap.</returns>
    /// <exception cref="VmAtlasException">It can not be stopped: see <see cref="TargetStop.All"/>.</exception>
    public static HeapReport? Read(
        LinuxTarget target, BlockTable mappings, StringTable strings, HeapReadOptions options, CancellationToken cancellation = default)
    {
        if (Find(target, mappings, strings) is null)
            return null;
        var (report, paused) = Look(target, mappings, strings,
            arenas => arenas is null ? null : GlibcHeapReader.Read(arenas, mappings, strings, target, options, cancellation),
            report => report is not { Approximate: true }, cancellation);
        return report is null ? null : report with { Paused = paused };
    }

    /// <summary>Looks at a target while it stands still and no thread of it is in malloc; as often as given above when what was seen is not exact.</summary>
    /// <param name="mappings">Filled with the mappings as they are at the look.</param>
    /// <param name="look">Is given the arenas of that moment, or null where there are none.</param>
    /// <returns>What was seen, and how long the target stood still in all.</returns>
    /// <exception cref="VmAtlasException">It can not be stopped: see <see cref="TargetStop.All"/>.</exception>
    public static (T Seen, TimeSpan Paused) Look<T>(
        LinuxTarget target, BlockTable mappings, StringTable strings, Func<GlibcArenas?, T> look, Func<T, bool> isExact, CancellationToken cancellation)
    {
        var (clock, paused, looks) = (Stopwatch.StartNew(), TimeSpan.Zero, 0);
        for (var arenas = Find(target, mappings, strings);;)
        {
            using (var stop = TargetStop.All(target))
            {
                var late = clock.Elapsed > s_patience;
                if (late || AreAtRest(target, arenas))
                {
                    // Those found before may not be all any more.
                    arenas = Find(target, mappings, strings);
                    if (late || AreAtRest(target, arenas))
                    {
                        var seen = look(arenas);
                        if (late || isExact(seen) || ++looks == MostLooks)
                            return (seen, paused + stop.Elapsed);
                    }
                }
                paused += stop.Elapsed;
            }
            cancellation.WaitHandle.WaitOne(s_between);
            cancellation.ThrowIfCancellationRequested();
            if (arenas is { Problems.Count: > 0 })
                arenas = Find(target, mappings, strings);
        }
    }

    static GlibcArenas? Find(LinuxTarget target, BlockTable mappings, StringTable strings)
    {
        mappings.Clear();
        target.ReadMappings(mappings, strings, []);
        return GlibcArenas.Find(mappings, strings, target);
    }

    static bool AreAtRest(LinuxTarget target, GlibcArenas? arenas) =>
        arenas is null || arenas.Problems.Count == 0 && !arenas.Arenas.Any(a => IsLocked(target, a));

    /// <summary>malloc_state begins with its lock, an int that is 0 when nobody has it.</summary>
    static bool IsLocked(LinuxTarget target, GlibcArena arena)
    {
        Span<byte> word = stackalloc byte[sizeof(int)];
        return target.Read(arena.Address, word) == word.Length && word.ContainsAnyExcept((byte)0);
    }
}
