using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators.Stacks;

/// <summary>Stacks of threads that registered no robust list (musl, Go, 32-bit programs): found by where their stack pointer is.</summary>
/// <remarks>
/// Only the low end is known, by its guard. The high end is taken to be that of the mapping: wrong where the kernel has merged the stack with
/// memory above it, so no size of the stack is told.
/// </remarks>
sealed class StacksByPointer(AnnotationContext context, LinuxTarget target, StackWriter writer)
{
    public void Claim(IReadOnlyList<int> tids)
    {
        var inside = new Dictionary<int, List<int>>();
        foreach (var tid in tids)
        {
            if (StackPointer.TryRead(target, tid) is not { } sp || context.Mappings.IndexOf(new Address(sp)) is not (>= 0 and var mapping))
                continue;
            if (!inside.TryGetValue(mapping, out var threads))
                inside.Add(mapping, threads = []);
            threads.Add(tid);
        }
        foreach (var (mapping, threads) in inside)
        {
            if (threads.Count == 1 && GuardOf(mapping) is { } guard)
                Claim(threads[0], mapping, guard);
            else
                context.Claims.Note(mapping, $"holds the stack of {Names(threads)}");
        }
    }

    void Claim(int tid, int mapping, int guard)
    {
        var (start, end) = (context.Mappings.Starts[guard], context.Mappings.Ends[mapping]);
        var block = new StackBlock(start, end - start, context.Mappings.Get(Measure.Size, guard));
        writer.ClaimThread(tid, target.ThreadName(tid), block,
            $"the stack pointer of thread {tid} lies inside, and an inaccessible mapping guards its low end; where it ends is not known: "
            + "taken to be the end of the mapping", exact: false);
    }

    /// <summary>The guard below a mapping, when both have the shape of a stack of their own and nobody claimed them.</summary>
    int? GuardOf(int mapping)
    {
        const Protection ReadWrite = Protection.Read | Protection.Write;
        var (mappings, guard) = (context.Mappings, mapping - 1);
        var shaped = guard >= 0 && mappings.Protections[mapping] == ReadWrite && mappings.Inodes[mapping] == 0
            && mappings.Protections[guard] == Protection.None && mappings.Inodes[guard] == 0
            && mappings.Ends[guard] == mappings.Starts[mapping] && mappings.Get(Measure.Size, guard) <= mappings.Get(Measure.Size, mapping);
        return shaped && context.Claims.IsFree(mapping) && context.Claims.IsFree(guard) ? guard : null;
    }

    string Names(List<int> tids)
    {
        const int Most = 4;
        var shown = string.Join(", ", tids.Take(Most).Select(writer.NameOf));
        return tids.Count > Most ? $"{shown} and {tids.Count - Most} more threads" : shown;
    }
}
