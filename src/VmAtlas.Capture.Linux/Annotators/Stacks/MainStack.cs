using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators.Stacks;

/// <summary>The stack the kernel made for the first thread, and others that the kernel lets grow.</summary>
static class MainStack
{
    /// <summary>Claims [stack] and the pieces below it that mprotect cut off; the region, or -1 when the process has none.</summary>
    public static int Claim(AnnotationContext context)
    {
        var (mappings, claims) = (context.Mappings, context.Claims);
        var named = context.Index.Named;
        for (var n = named.Length - 1; n >= 0; n--)
        {
            var i = named[n];
            if (!context.Strings.Utf8(mappings.Names[i]).SequenceEqual("[stack]"u8))
                continue;
            var process = context.Target.Process;
            var region = claims.AddRegion(MemoryType.Stack, $"Thread {process.Pid} ({process.Name}), main", "the kernel calls it [stack]: the first thread started on it");
            claims.Claim(region, i);
            for (var below = i - 1; below >= 0 && mappings.Ends[below] == mappings.Starts[below + 1] && Grows(mappings, below); below--)
                claims.Claim(region, below);
            return region;
        }
        return -1;
    }

    /// <summary>What nobody's stack is but may grow like one: mapped with MAP_GROWSDOWN, which is for nothing else.</summary>
    public static void ClaimOthersThatGrow(AnnotationContext context)
    {
        var flags = context.Mappings.Flags;
        for (var i = 0; i < flags.Length; i++)
        {
            if ((flags[i] & VmFlags.GrowsDown) != 0 && Grows(context.Mappings, i) && context.Claims.IsFree(i))
            {
                context.Claims.Claim(context.Claims.AddRegion(MemoryType.Stack, "Stack that grows (MAP_GROWSDOWN)",
                    "it was mapped with MAP_GROWSDOWN, which is for stacks; which thread uses it, if any, is not known"), i);
            }
        }
    }

    static bool Grows(BlockTable mappings, int mapping) => (mappings.Flags[mapping] & VmFlags.GrowsDown) != 0 && mappings.Inodes[mapping] == 0;
}
