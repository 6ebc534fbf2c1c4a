using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Cores;

/// <summary>Stacks of the threads of a core.</summary>
/// <remarks>
/// Evidence: the main stack holds the random bytes that the kernel put there for the program (AT_RANDOM); another thread's stack pointer lies
/// in writable memory with a smaller mapping right below that can not be written (gdb writes inaccessible ones down as readable). Where a stack ends is not known: taken to be the end of its mapping, which is wrong
/// where the kernel merged it with memory above. A mapping that several threads are in is noted, not claimed.
/// </remarks>
sealed class CoreStackAnnotator : IAnnotator
{
    const Protection ReadWrite = Protection.Read | Protection.Write;

    public string Name => "Stack";

    public void Annotate(AnnotationContext context)
    {
        if (context.Target is not CoreTarget { Notes: { } notes })
            throw new AnnotatorUnavailableException("the target is no core");
        var inside = new SortedDictionary<int, List<int>>();
        foreach (var thread in notes.Threads)
        {
            if (thread.StackPointer == 0 || context.Mappings.IndexOf(new Address(thread.StackPointer)) is not (>= 0 and var mapping))
                continue;
            if (!inside.TryGetValue(mapping, out var threads))
                inside.Add(mapping, threads = []);
            threads.Add(thread.Tid);
        }
        ClaimMain(context, inside);
        foreach (var (mapping, threads) in inside)
        {
            if (!context.Claims.IsFree(mapping))
                continue;
            if (threads.Count == 1 && GuardOf(context, mapping) is { } guard)
                Claim(context, mapping, guard, threads[0]);
            else
                context.Claims.Note(mapping, $"holds the stack of {threads.Count} threads");
        }
    }

    static void ClaimMain(AnnotationContext context, SortedDictionary<int, List<int>> inside)
    {
        foreach (var mapping in context.Index.Named)
        {
            if (!context.Strings.Utf8(context.Mappings.Names[mapping]).SequenceEqual("[stack]"u8))
                continue;
            var region = context.Claims.AddRegion(MemoryType.Stack, "Main thread", "it holds the random bytes that the kernel put on the first thread's stack (AT_RANDOM)");
            context.Claims.Claim(region, mapping);
            foreach (var tid in inside.GetValueOrDefault(mapping, []))
                context.Claims.AddFact(region, "thread-id", $"{tid}");
        }
    }

    static void Claim(AnnotationContext context, int mapping, int guard, int tid)
    {
        var region = context.Claims.AddRegion(MemoryType.Stack, $"Thread {tid}",
            $"the stack pointer of thread {tid} lies inside, and a mapping that can not be written guards its low end; it is taken to end where the mapping does");
        context.Claims.ClaimRange(region, context.Mappings.Range(guard), "guard", BlockFlags.Guard);
        context.Claims.Claim(region, mapping);
        context.Claims.AddFact(region, "thread-id", $"{tid}");
    }

    /// <summary>The mapping right below that can not be written, when both have the shape of a stack of their own.</summary>
    static int? GuardOf(AnnotationContext context, int mapping)
    {
        var (mappings, guard) = (context.Mappings, mapping - 1);
        var shaped = guard >= 0 && mappings.Protections[mapping] == ReadWrite && mappings.Inodes[mapping] == 0
            && (mappings.Protections[guard] & ReadWrite) != ReadWrite && mappings.Inodes[guard] == 0
            && mappings.Ends[guard] == mappings.Starts[mapping] && mappings.Get(Measure.Size, guard) <= mappings.Get(Measure.Size, mapping);
        return shaped && context.Claims.IsFree(guard) ? guard : null;
    }
}
