using System.Runtime.InteropServices;
using VmAtlas.Capture.Linux.Annotators.Stacks;
using VmAtlas.Capture.Linux.Interop;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators;

/// <summary>The main stack, and each thread's with its guard, by thread id and name. Nothing is stopped.</summary>
/// <remarks>
/// Evidence, from sure to likely: the kernel's own name [stack]; the stack block that glibc keeps in a thread's control block, which the kernel
/// leads to (get_robust_list); a thread's stack pointer inside a private mapping with a guard below (musl and other runtimes,
/// which register no list). The last is wrong when a program switches stacks by itself (coroutines): then the mapping is where
/// the thread is now. Stacks inside a runtime's heap (Go) have no mapping of their own: the mapping is noted, not claimed.
/// </remarks>
sealed class StackAnnotator : IAnnotator
{
    public string Name => "Stack";

    public void Annotate(AnnotationContext context)
    {
        var main = MainStack.Claim(context);
        if (context.Target is not LinuxTarget target)
            return;
        var writer = new StackWriter(context, target);
        if (main >= 0)
            writer.DescribeMain(main);
        var page = target.System.PageSize.Bytes;
        var (heads, registered, others, refused) = (new List<ulong>(), new List<int>(), new List<int>(), 0);
        foreach (var tid in target.ThreadIds)
        {
            if (tid == target.Process.Pid)
                continue;
            if (!Syscalls.TryGetRobustList(tid, out var head))
                refused++;
            else if (!ThreadControlBlock.IsPlausible(head))
                others.Add(tid);
            else
            {
                heads.Add(head);
                registered.Add(tid);
            }
        }
        var threads = ClaimRegistered(target, writer, CollectionsMarshal.AsSpan(heads), CollectionsMarshal.AsSpan(registered), others);
        if (threads.Count > 0)
        {
            foreach (var stack in CachedStacks.Find(target, threads, page))
                writer.ClaimCached(stack);
        }
        new StacksByPointer(context, target, writer).Claim(others);
        MainStack.ClaimOthersThatGrow(context);
        if (refused > 0 && threads.Count == 0)
            throw new AnnotatorUnavailableException("which stack belongs to which thread may not be read: needs CAP_SYS_PTRACE");
    }

    /// <summary>Claims the stacks that control blocks tell of, and returns the blocks; threads that have none are added to the others.</summary>
    static List<ThreadControlBlock> ClaimRegistered(LinuxTarget target, StackWriter writer, Span<ulong> heads, Span<int> tids, List<int> others)
    {
        heads.Sort(tids);
        var blocks = ThreadControlBlock.Read(target, heads, target.System.PageSize.Bytes);
        var names = target.ThreadNames(tids.ToArray());
        var threads = new List<ThreadControlBlock>();
        for (var i = 0; i < blocks.Length; i++)
        {
            var (head, tid) = (heads[i], tids[i]);
            if (blocks[i] is not { } block)
            {
                others.Add(tid);
                continue;
            }
            threads.Add(block);
            writer.ClaimThread(tid, names[i], block.Stack,
                $"the control block of thread {tid}, found at 0x{head:x} through its robust list, says that its stack is {block.Stack.Start:x16}-{block.Stack.End:x16}", head: head);
        }
        return threads;
    }
}
