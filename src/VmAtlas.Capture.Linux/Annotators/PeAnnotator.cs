using VmAtlas.Capture.Linux.Annotators.Images;
using VmAtlas.Capture.Pe;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators;

/// <summary>PE images: .NET assemblies and, under Wine, Windows' programs and libraries.</summary>
/// <remarks>
/// Evidence: PE headers at the start of a mapping whose sections lie where they ask for (see <see cref="PePlacement"/>). Much of such an image is
/// an anonymous copy, because its sections are not aligned to pages in the file: by names alone it would be private data. An image that is no
/// file's at all has no path: it is found where it begins at a multiple of 64 KiB, as both loaders lay them out, and has code. A flat view
/// (.NET maps one of each assembly too) stays a Mapped File.
/// </remarks>
sealed class PeAnnotator : IAnnotator
{
    const ulong Granularity = 64 << 10;

    /// <summary>Anonymous mappings looked into in one capture: each costs two or three system calls.</summary>
    const int MaxAnonymous = 1024;

    public string Name => "PE image";

    public void Annotate(AnnotationContext context)
    {
        if (context.Target is not IMemorySource memory)
            throw new AnnotatorUnavailableException("the target's memory can not be read");
        var (mappings, page, looks) = (context.Mappings, context.Target.System.PageSize.Bytes, 0);
        var header = new byte[PeReader.MaxHeader];
        var starts = mappings.Starts;
        var inodes = mappings.Inodes;
        for (var i = 0; i < starts.Length; i++)
        {
            if (inodes[i] == 0 && starts[i] % Granularity != 0 || !IsCandidate(mappings, i) || !context.Claims.IsFree(i))
                continue;
            if (IsOdd(mappings, i) && (!HasCodeBehind(mappings, i) || looks++ >= MaxAnonymous))
                continue;
            var start = new Address(mappings.Starts[i]);
            if (memory.Read(start, header.AsSpan(0, 2)) < 2 || !PeReader.IsPe(header))
                continue;
            var length = memory.Read(start, header);
            if (PeReader.TryRead(header.AsSpan(0, length)) is { } image && PePlacement.TryFind(mappings, i, image, page) is { } placement)
                Claim(context, placement, i);
        }
    }

    static bool IsCandidate(BlockTable mappings, int mapping) =>
        (mappings.Protections[mapping] & (Protection.Read | Protection.Shared)) == Protection.Read
        && mappings.Get(Measure.TotalWs, mapping) > 0
        && (!IsOdd(mappings, mapping) || (mappings.Starts[mapping] % Granularity == 0 && (mappings.Inodes[mapping] != 0 || mappings.Names[mapping] == 0)));

    /// <summary>Not the first bytes of a file: an anonymous copy, or an image within a bundle.</summary>
    static bool IsOdd(BlockTable mappings, int mapping) => mappings.Inodes[mapping] == 0 || mappings.Offsets[mapping] != 0;

    /// <summary>Whether executable memory follows soon without a gap: without it nothing would tell an image from a copy of its file.</summary>
    static bool HasCodeBehind(BlockTable mappings, int mapping)
    {
        const int Near = 16;
        for (var i = mapping; i < Math.Min(mappings.Count, mapping + Near) && (i == mapping || mappings.Starts[i] == mappings.Ends[i - 1]); i++)
        {
            if ((mappings.Protections[i] & Protection.Execute) != 0)
                return true;
        }
        return false;
    }

    static void Claim(AnnotationContext context, PePlacement placement, int mapping)
    {
        var (claims, strings) = (context.Claims, context.Strings);
        var name = context.Mappings.Inodes[mapping] == 0 ? strings.Intern("PE image without a file") : context.Mappings.Names[mapping];
        var kind = placement.Image.IsManaged ? "a .NET assembly" : "a Windows image";
        var region = claims.AddRegion(MemoryType.Image, name, strings.Intern(
            $"it begins with the headers of {kind} of {placement.Image.Size >> 10} KiB, and the sections lie where they ask for"));
        placement.Claim(context, region);
        if (context.Options.Blocks)
            placement.LabelSections(claims, region);
        claims.AddFact(region, "format", placement.Image.IsManaged ? "PE, managed" : "PE");
    }
}
