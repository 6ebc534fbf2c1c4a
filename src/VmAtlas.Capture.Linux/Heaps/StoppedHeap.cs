using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>The heap of a target that is held still for it, so that the figures are exact.</summary>
/// <remarks>
/// A thread may stand in the middle of malloc, and then the heap is as it never should be seen. Evidence: the lock that an arena begins with is
/// taken, or something in the heap does not fit. Then the target goes on for a moment and is held again, a few times; what is
/// still approximate after that is damaged rather than in motion, and the report says so.
/// </remarks>
public static class StoppedHeap
{
    /// <summary>Looks at the locks cost next to nothing; whole walks keep the target still for long.</summary>
    const int MostLooks = 50, MostWalks = 3;

    static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(1);

    /// <returns>With <see cref="HeapReport.Paused"/> the sum of all the time it stood still; null when there is no glibc heap.</returns>
    /// <exception cref="VmAtlasException">It can not be stopped: see <see cref="TargetStop.All"/>.</exception>
    public static HeapReport? Read(
        LinuxTarget target, BlockTable mappings, StringTable strings, HeapReadOptions options, CancellationToken cancellation = default)
    {
        var (paused, walks) = (TimeSpan.Zero, 0);
        for (var looks = 1; ; looks++)
        {
            using (var stop = TargetStop.All(target))
            {
                mappings.Clear();
                target.ReadMappings(mappings, strings, []);
                if (GlibcArenas.Find(mappings, strings, target) is not { } arenas)
                    return null;
                if (looks >= MostLooks || !arenas.Arenas.Any(a => IsLocked(target, a)))
                {
                    var report = GlibcHeapReader.Read(arenas, mappings, strings, target, options, cancellation);
                    if (!report.Approximate || ++walks == MostWalks || looks >= MostLooks)
                        return report with { Paused = paused + stop.Elapsed };
                }
                paused += stop.Elapsed;
            }
            cancellation.WaitHandle.WaitOne(s_between);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>malloc_state begins with its lock, an int that is 0 when nobody has it.</summary>
    static bool IsLocked(LinuxTarget target, GlibcArena arena)
    {
        Span<byte> word = stackalloc byte[sizeof(int)];
        return target.Read(arena.Address, word) == word.Length && word.ContainsAnyExcept((byte)0);
    }
}
