using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Annotators;

/// <summary>Memory that Windows itself keeps in every process: shared user data, the process environment block and what it points to.</summary>
/// <remarks>Evidence: shared user data has a fixed address; the bitmap of Control Flow Guard is a section without a file of exactly a 64th of the address space of
/// 128 TiB (two bits for 16 bytes of it), which nothing else is likely to be; the hypervisor's page is the one page that can only be read in what the system keeps for itself right above shared user data; the rest the system or the PEB names. A program may overwrite its PEB: then a name is
/// wrong, never a type or a measure, which are what the system says of the memory.</remarks>
sealed class WellKnownAnnotator : IAnnotator
{
    const ulong SharedUserData = 0x7FFE0000, SystemPagesEnd = 0x7FFF0000, PageBytes = 0x1000;

    public string Name => "Well-known";

    public void Annotate(AnnotationContext context)
    {
        var index = AllocationIndex.Of(context);
        ClaimCallTargets(context, index);
        Claim(context, index, SharedUserData, "User Shared Data", "Windows maps its data for all processes at this address");
        ClaimHypervisorPage(context, index);
        if (context.Target is not WindowsTarget { Environment.Blocks: { Count: > 0 } blocks } target)
            throw new AnnotatorUnavailableException("the target does not say where its environment block is");
        foreach (var (peb, layout) in blocks)
        {
            foreach (var (offset, name) in layout.Places)
            {
                if (target.TryReadWord(peb, offset, layout.IsWide, out var address) && address != 0)
                    Claim(context, index, address, name, $"the process environment block at {new Address(peb)} points to it");
            }
            if (target.TryReadWord(peb, layout.Parameters, layout.IsWide, out var parameters))
            {
                Claim(context, index, parameters, "Process Parameters", $"the process environment block at {new Address(peb)} points to it");
                if (target.TryReadWord(parameters, layout.Environment, layout.IsWide, out var environment))
                    Claim(context, index, environment, "Environment Variables", "the process parameters point to it");
            }
            Claim(context, index, peb, "Process Environment Block", "the system says that it is there");
        }
    }

    static void ClaimHypervisorPage(AnnotationContext context, AllocationIndex index)
    {
        foreach (var allocation in index.All)
        {
            var range = index.RangeOf(allocation);
            if (range.Start.Value is > SharedUserData and < SystemPagesEnd && range.Size.Bytes == PageBytes && context.Mappings.Protections[allocation.First] == Protection.Read)
                Claim(context, index, range.Start.Value, "Hypervisor Shared Data", "Windows maps the hypervisor's page for all processes somewhere right above its own shared data");
        }
    }

    static void ClaimCallTargets(AnnotationContext context, AllocationIndex index)
    {
        const ulong AddressSpace = 1UL << 47, BytesForOne = 64;
        foreach (var allocation in index.All)
        {
            if (allocation.Kind == AllocationKind.Mapped && index.RangeOf(allocation).Size.Bytes == AddressSpace / BytesForOne)
                Claim(context, index, index.RangeOf(allocation).Start.Value, "Control Flow Guard Bitmap",
                    "a section without a file that takes a 64th of the address space, as its bits do");
        }
    }

    static void Claim(AnnotationContext context, AllocationIndex index, ulong address, string name, string reason)
    {
        if (index.Find(address) is not { } allocation || !index.IsFree(allocation) || index.TypeOf(allocation) is not (MemoryType.PrivateData or MemoryType.Shareable))
            return;
        index.Claim(context.Claims.AddRegion(index.TypeOf(allocation), name, reason), allocation);
    }
}
