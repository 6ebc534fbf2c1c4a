using VmAtlas.Capture.Linux.Annotators.Stacks;
using VmAtlas.Capture.Linux.Interop;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes;

/// <summary>The first thread's control block with its thread-local storage: the loader maps it, since the first stack is the kernel's. Other threads have
/// theirs at the top of their stacks.</summary>
/// <remarks>Evidence: the kernel keeps the address of the thread's robust list (get_robust_list(2)), which glibc keeps in the control block; see
/// <see cref="ThreadStorage"/>. The whole mapping is named: the loader takes other small things from it too.</remarks>
sealed class ThreadBlockAnnotator : IAnnotator
{
    public string Name => "Thread block";

    public void Annotate(AnnotationContext context)
    {
        if (context.Target is not LinuxTarget target || !Syscalls.TryGetRobustList(target.Process.Pid, out var head)
            || ThreadStorage.Find(target, head) is not { } storage)
            return;
        var block = storage.ControlBlock;
        var row = context.Mappings.IndexOf(new Address(block));
        if (row < 0 || context.Mappings.Inodes[row] != 0 || !context.Claims.IsFree(row))
            return;
        var region = context.Claims.AddRegion(MemoryType.PrivateData, "Thread control block and thread-local storage of the first thread",
            $"the thread's robust list is at 0x{head:x}, in its control block at 0x{block:x}");
        context.Claims.Claim(region, row);
        StackWriter.DescribeStorage(context, region, storage);
    }
}
