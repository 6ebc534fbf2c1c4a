using VmAtlas.Capture.Linux.Annotators.Images;
using VmAtlas.Capture.Linux.Memory;
using VmAtlas.Model;
using VmAtlas.Symbols.Elf;

namespace VmAtlas.Capture.Linux.Annotators;

/// <summary>ELF objects that a loader mapped: all mappings of one instance, its .bss and its gaps as one region.</summary>
/// <remarks>
/// Evidence: the file's program headers, and mappings of that very file where they ask for them (see <see cref="ElfPlacement"/>). A tool that
/// maps an ELF file flat, to read it, does not satisfy them: that stays a Mapped File. Wrong when a program lays out the segments of
/// a file by hand without meaning to run it; missed when it makes all of the code inaccessible. Headers are read from the
/// file itself where it can be reached, else from the memory it is mapped to.
/// </remarks>
sealed class ImageAnnotator : IAnnotator
{
    /// <summary>A region's fact: what to add to the object's own addresses.</summary>
    public const string LoadBias = "load-bias";

    /// <summary>Files opened at most in one capture, so that a process that maps a hundred thousand files does not stop the show.</summary>
    const int MaxFiles = 4096;

    public string Name => "Image";

    public void Annotate(AnnotationContext context)
    {
        var mappings = context.Mappings;
        var page = context.Target.System.PageSize.Bytes;
        var files = new ImageFiles();
        for (var i = 0; i < mappings.Count; i++)
        {
            if (mappings.Inodes[i] == 0 || mappings.Protections[i].IsShared() || !context.Claims.IsFree(i))
                continue;
            if (mappings.Offsets[i] != 0 && (mappings.Protections[i] & Protection.Execute) == 0)
                continue;
            var file = files.Find(mappings.Devices[i], mappings.Inodes[i]);
            if (file is null)
            {
                if (files.Count == MaxFiles)
                    break;
                file = files.Add(mappings.Devices[i], mappings.Inodes[i], ReadHeaders(context, i));
            }
            if (file.Object is not null && ElfPlacement.TryFind(mappings, i, file.Object, page) is { } placement)
                Claim(context, placement, i, ++file.Copies);
        }
    }

    static ElfFile? ReadHeaders(AnnotationContext context, int mapping)
    {
        var start = context.Mappings.Range(mapping).Start;
        var memory = context.Mappings.Offsets[mapping] == 0 ? context.Target as IMemorySource : null;
        Span<byte> head = stackalloc byte[6];
        if (memory is not null && memory.Read(start, head) == head.Length && !ElfFile.IsElf(head))
            return null;
        using var file = (context.Target as IMappedFiles)?.OpenMapped(context.Mappings, context.Strings, mapping);
        if (file is not null)
            return ElfFile.TryReadMapped(file, context.Options.Blocks);
        // Only what the first mapping holds: the headers lie there, the section table, at the file's end, does not.
        return memory is null ? null : ElfFile.TryReadMapped(new ImageBytes(memory, context.Mappings.Range(mapping)), wantSections: false);
    }

    static void Claim(AnnotationContext context, ElfPlacement placement, int mapping, int copy)
    {
        var claims = context.Claims;
        var name = context.Mappings.Names[mapping];
        var region = claims.AddRegion(MemoryType.Image, name, context.Strings.Intern(
            $"its ELF program headers ask for these segments, and they are mapped from 0x{placement.Span.Start.Value:x} on as it asks"));
        placement.Claim(context, region);
        if (context.Options.Blocks)
            placement.LabelSections(claims, region);
        if (placement.Object.BuildId is { } buildId)
            claims.AddFact(region, "build-id", buildId);
        claims.AddFact(region, LoadBias, $"0x{placement.Bias:x}");
        if (copy > 1)
            claims.AddFact(region, "copy", $"{copy}");
        if (context.Target.Process.Executable is { } executable && executable == context.Strings[name])
            claims.AddFact(region, "role", "executable");
    }
}
