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
    /// <summary>How often a whole walk, which keeps the target still for long, is made at most.</summary>
    const int MostWalks = 3;

    /// <summary>How long a moment without a lock is waited for; a look at the locks keeps the target still for a fraction of a millisecond.</summary>
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3), s_between = TimeSpan.FromMilliseconds(0.2);

    /// <returns>With <see cref="HeapReport.Paused"/> the sum of all the time it stood still; null when there is no glibc heap.</returns>
    /// <exception cref="VmAtlasException">It can not be stopped: see <see cref="TargetStop.All"/>.</exception>
    public static HeapReport? Read(
        LinuxTarget target, BlockTable mappings, StringTable strings, HeapReadOptions options, CancellationToken cancellation = default)
    {
        var (clock, paused, walks) = (Stopwatch.StartNew(), TimeSpan.Zero, 0);
        for (var arenas = Find(target, mappings, strings); arenas is not null;)
        {
            using (var stop = TargetStop.All(target))
            {
                var late = clock.Elapsed > s_patience;
                if (late || AreAtRest(target, arenas))
                {
                    // Those found before may not be all any more.
                    arenas = Find(target, mappings, strings);
                    if (arenas is not null && (late || AreAtRest(target, arenas)))
                    {
                        var report = GlibcHeapReader.Read(arenas, mappings, strings, target, options, cancellation);
                        if (!report.Approximate || ++walks == MostWalks || late)
                            return report with { Paused = paused + stop.Elapsed };
                    }
                }
                paused += stop.Elapsed;
            }
            cancellation.WaitHandle.WaitOne(s_between);
            cancellation.ThrowIfCancellationRequested();
            if (arenas is { Problems.Count: > 0 })
                arenas = Find(target, mappings, strings);
        }
        return null;
    }

    static GlibcArenas? Find(LinuxTarget target, BlockTable mappings, StringTable strings)
    {
        mappings.Clear();
        target.ReadMappings(mappings, strings, []);
        return GlibcArenas.Find(mappings, strings, target);
    }

    static bool AreAtRest(LinuxTarget target, GlibcArenas arenas) => arenas.Problems.Count == 0 && !arenas.Arenas.Any(a => IsLocked(target, a));

    /// <summary>malloc_state begins with its lock, an int that is 0 when nobody has it.</summary>
    static bool IsLocked(LinuxTarget target, GlibcArena arena)
    {
        Span<byte> word = stackalloc byte[sizeof(int)];
        return target.Read(arena.Address, word) == word.Length && word.ContainsAnyExcept((byte)0);
    }
}
