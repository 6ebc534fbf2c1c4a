using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Annotators;

/// <summary>Stacks of threads, with what is reserved and guarded of them, and the threads' environment blocks.</summary>
/// <remarks>
/// Evidence: the TEB the system names for a thread says where its stack was allocated (DeallocationStack) and ends (StackBase). A program may
/// overwrite its TEB; a stack is taken only where both lie in one private allocation. A thread that runs on a stack of its own making
/// (a fiber) has another one meanwhile, which is what its TEB then names. A dump lists where its threads' stack pointers were: that is believed where it has no TEB.
/// </remarks>
sealed class ThreadAnnotator : IAnnotator
{
    public string Name => "Thread";

    public void Annotate(AnnotationContext context)
    {
        if (context.Target is not WindowsTarget { Environment: { } environment } target)
            throw new AnnotatorUnavailableException("the target does not tell of its threads");
        var index = AllocationIndex.Of(context);
        var ids = environment.ThreadIds();
        if (ids.Length == 0)
            throw new AnnotatorUnavailableException("its threads could not be listed");
        var blocks = new ThreadBlocks(context, index, environment.Blocks);
        foreach (var id in ids)
        {
            var teb = environment.ThreadBlock(id);
            if (teb == 0)
                continue;
            blocks.Add(id, teb);
            var narrow = environment.IsNarrow ? teb : environment.IsWow64 ? environment.NarrowThreadBlock(teb) : 0;
            if (narrow != 0)
                Claim(context, index, target, narrow, PebLayout.Narrow, $"Thread ID: {id}", id);
            if (narrow != teb)
                Claim(context, index, target, teb, PebLayout.Wide, narrow != 0 ? "64-bit thread stack" : $"Thread ID: {id}", id);
        }
        foreach (var id in ids)
            ClaimSaved(context, index, environment, id);
        blocks.Claim();
    }

    /// <summary>The allocation of a stack: from where it was allocated up to its base. A dump may have only what is in use of it, which
    /// lies right below the base.</summary>
    static Allocation? StackOf(AllocationIndex index, StackBounds bounds) =>
        index.Find(bounds.Base - 1) is { Kind: AllocationKind.Private } stack
            && (index.Find(bounds.Allocation) == stack || index.RangeOf(stack).Start.Value > bounds.Allocation)
            ? stack : null;

    /// <summary>What a dump lists as a thread's stack, where the thread's environment block is not in it.</summary>
    static void ClaimSaved(AnnotationContext context, AllocationIndex index, ProcessEnvironment environment, uint id)
    {
        if (environment.SavedStack(id) is { } address && index.Find(address) is { Kind: AllocationKind.Private } stack && index.IsFree(stack))
            Claim(context, index, stack, $"Thread ID: {id}", "the dump's list of threads has it as the stack of this one", id);
    }

    static void Claim(AnnotationContext context, AllocationIndex index, WindowsTarget target, ulong teb, PebLayout layout, string details, uint id)
    {
        if (!target.TryReadStack(teb, layout, out var bounds) || StackOf(index, bounds) is not { } stack || !index.IsFree(stack))
            return;
        Claim(context, index, stack, details, $"the environment block of thread {id} at {new Address(teb)} names it as its stack", id);
    }

    static void Claim(AnnotationContext context, AllocationIndex index, Allocation stack, string details, string reason, uint id)
    {
        var region = context.Claims.AddRegion(MemoryType.Stack, details, reason);
        index.Claim(region, stack);
        context.Claims.AddFact(region, "thread", $"{id}");
        if (!context.Options.Blocks)
            return;
        for (var row = stack.First; row <= stack.Last; row++)
        {
            var label = (context.Mappings.Facts[row] & BlockFlags.Guard) != 0 ? "guard"
                : index.IsReserved(row) ? "reserve" : "";
            if (label.Length > 0)
                context.Claims.Label(region, context.Mappings.Range(row), label);
        }
    }
}
