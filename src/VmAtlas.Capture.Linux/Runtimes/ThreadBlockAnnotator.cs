using VmAtlas.Capture.Linux.Interop;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes;

/// <summary>The first thread's control block with its thread-local storage: the loader maps it, since the first stack is the kernel's. Other threads have
/// theirs at the top of their stacks.</summary>
/// <remarks>Evidence: the kernel keeps the address of the thread's robust list (get_robust_list(2)), which glibc keeps in the control block; the block
/// holds its own address 16 bytes in. The whole mapping is named: the loader takes other small things from it too.</remarks>
sealed class ThreadBlockAnnotator : IAnnotator
{
    const ulong FarthestHead = 2048;

    public string Name => "Thread block";

    public void Annotate(AnnotationContext context)
    {
        if (context.Target is not (LinuxTarget target and IMemorySource memory) || !Syscalls.TryGetRobustList(target.Process.Pid, out var head)
            || head < FarthestHead || FindBlock(memory, head & ~7UL) is not { } block)
            return;
        var row = context.Mappings.IndexOf(new Address(block));
        if (row < 0 || context.Mappings.Inodes[row] != 0 || !context.Claims.IsFree(row))
            return;
        var region = context.Claims.AddRegion(MemoryType.PrivateData, "Thread control block and thread-local storage of the first thread",
            $"the thread's robust list is at 0x{head:x}, in its control block at 0x{block:x}");
        context.Claims.Claim(region, row);
    }

    static ulong? FindBlock(IMemorySource memory, ulong head)
    {
        Span<ulong> word = stackalloc ulong[1];
        for (var at = head; at > head - FarthestHead; at -= 8)
        {
            if (AnonymousMemory.TryRead(memory, at + 16, word) && word[0] == at)
                return at;
        }
        return null;
    }
}
