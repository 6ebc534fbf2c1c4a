using VmAtlas.Capture.Pe;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Annotators;

/// <summary>Executable images, with their headers and sections as blocks.</summary>
/// <remarks>Evidence: the system says MEM_IMAGE. Sections are those of the headers in memory, which the program may have overwritten: what does
/// not make sense as headers leaves the image without section names.</remarks>
sealed class ImageAnnotator : IAnnotator
{
    /// <summary>A fact of images that may be loaded anywhere: VMMap's "Image (ASLR)".</summary>
    public const string Aslr = "ASLR";

    public string Name => "Image";

    public void Annotate(AnnotationContext context)
    {
        var index = AllocationIndex.Of(context);
        var memory = context.Target as IMemorySource;
        var reason = context.Strings.Intern("the system says that it is a view of an executable image");
        var header = new byte[PeReader.MaxHeader];
        foreach (var allocation in index.All)
        {
            if (allocation.Kind != AllocationKind.Image || !index.IsFree(allocation))
                continue;
            var region = context.Claims.AddRegion(MemoryType.Image, context.Mappings.Names[allocation.First], reason);
            index.Claim(region, allocation);
            var span = index.RangeOf(allocation);
            var length = memory?.Read(span.Start, header) ?? 0;
            if (PeReader.TryRead(header.AsSpan(0, length)) is { } image)
                Describe(context, span, region, image);
        }
    }

    static void Describe(AnnotationContext context, AddressRange span, int region, PeImage image)
    {
        context.Claims.AddFact(region, "format", image.IsManaged ? "PE, managed" : "PE");
        if (image.IsRelocatable)
            context.Claims.AddFact(region, Aslr, "yes");
        if (!context.Options.Blocks)
            return;
        var start = span.Start.Value;
        var header = ("Header", AddressRange.Of(start, start + Math.Max(image.HeaderSize, 1)));
        var sections = image.Sections.Where(s => s.Size > 0).Select(s => (s.Name, AddressRange.Of(start + s.Address, start + s.End)));
        SectionBlocks.Label(context.Claims, region, span, sections.Prepend(header), context.Target.System.PageSize.Bytes);
    }
}
