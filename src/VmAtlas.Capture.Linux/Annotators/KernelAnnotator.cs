using VmAtlas.Capture.Linux.Annotators.Images;
using VmAtlas.Capture.Linux.Memory;
using VmAtlas.Model;
using VmAtlas.Symbols.Elf;

namespace VmAtlas.Capture.Linux.Annotators;

/// <summary>What the kernel maps into every process: the vdso with its data pages, vsyscall, and the page of uprobes.</summary>
/// <remarks>By the kernel's own names (<c>arch_vma_name</c>, special mappings), which no file mapping can have: a path begins with '/'.</remarks>
sealed class KernelAnnotator : IAnnotator
{
    public string Name => "Kernel";

    public void Annotate(AnnotationContext context)
    {
        var (mappings, strings, claims) = (context.Mappings, context.Strings, context.Claims);
        var vdso = -1;
        foreach (var i in context.Index.Named)
        {
            var name = strings.Utf8(mappings.Names[i]);
            if (name.Length < 6 || name[0] != (byte)'[')
                continue;
            if (name.SequenceEqual("[vdso]"u8) || name.StartsWith("[vvar"u8))
            {
                if (vdso < 0)
                    vdso = claims.AddRegion(MemoryType.Image, "[vdso]", "the kernel calls it [vdso], and its data [vvar]: system calls that need no system call");
                claims.Claim(vdso, i);
                Label(context, vdso, i, name);
            }
            else if (name.SequenceEqual("[vsyscall]"u8))
            {
                claims.Claim(claims.AddRegion(MemoryType.Image, "[vsyscall]", "the kernel calls it [vsyscall]: the predecessor of the vdso, at a fixed address"), i);
            }
            else if (name.SequenceEqual("[uprobes]"u8))
            {
                claims.Claim(claims.AddRegion(MemoryType.PrivateData, "[uprobes]", "the kernel calls it [uprobes]: it runs probed instructions there"), i);
            }
        }
    }

    static void Label(AnnotationContext context, int region, int mapping, ReadOnlySpan<byte> name)
    {
        var range = context.Mappings.Range(mapping);
        context.Claims.Label(region, range, context.Strings[context.Mappings.Names[mapping]].Trim('[', ']'));
        if (!context.Options.Blocks || !name.SequenceEqual("[vdso]"u8) || context.Target is not IMemorySource memory)
            return;
        var elf = ElfFile.TryReadMapped(new ImageBytes(memory, range), wantSections: true);
        if (elf?.BuildId is { } buildId)
            context.Claims.AddFact(region, "build-id", buildId);
        if (elf is null)
            return;
        var sections = elf.Sections.Select(s => (s.Name, AddressRange.Of(range.Start.Value + s.Range.Start.Value, range.Start.Value + s.Range.End.Value)));
        SectionBlocks.Label(context.Claims, region, range, sections, context.Target.System.PageSize.Bytes);
    }
}
