using VmAtlas.Capture.Pe;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators.Images;

/// <summary>A PE image laid out in memory, as Wine and .NET do it: from its file section by section, or as an anonymous copy.</summary>
sealed record PePlacement(PeImage Image, ulong Base, uint Device, ulong Inode, ulong Page)
{
    public AddressRange Span => AddressRange.Of(Base, Base + Up(Image.Size));

    /// <summary>
    /// The image at a mapping's start, or null when it is not laid out: each section must lie on memory that is anonymous or shows the file at the
    /// section's own offset (a flat view of a file shows something else there), and something must tell the sections apart: code
    /// that may be executed, or a mapping that begins where a section does.
    /// </summary>
    public static PePlacement? TryFind(BlockTable mappings, int mapping, PeImage image, ulong page)
    {
        var placement = new PePlacement(image, mappings.Starts[mapping], mappings.Devices[mapping], mappings.Inodes[mapping], page);
        if (placement.Base > ulong.MaxValue - PeReader.MaxSize - page)
            return null;
        var cut = false;
        foreach (var section in image.Sections)
        {
            var start = placement.Base + placement.Down(section.Address);
            var at = mappings.IndexOf(new Address(start));
            if (at < 0 || mappings.Protections[at].IsShared() || !placement.Shows(mappings, at, start, section))
                return null;
            cut |= at != mapping && mappings.Starts[at] == start;
            cut |= (section.Access & mappings.Protections[at] & Protection.Execute) != 0;
        }
        return cut ? placement : null;
    }

    public void Claim(AnnotationContext context, int region)
    {
        var (mappings, claims) = (context.Mappings, context.Claims);
        foreach (var mapping in claims.MappingsIn(Span))
        {
            var ours = mappings.Inodes[mapping] == 0 || (mappings.Inodes[mapping] == Inode && mappings.Devices[mapping] == Device);
            if (ours && !mappings.Protections[mapping].IsShared())
                claims.ClaimRange(region, mappings.Range(mapping).Intersect(Span), mappings.Protections[mapping].IsAccessible() ? "" : "gap");
        }
    }

    public void LabelSections(ClaimList claims, int region)
    {
        var header = ("header", AddressRange.Of(Base, Base + Math.Max(Image.HeaderSize, 1)));
        var sections = Image.Sections.Where(s => s.Size > 0).Select(s => (s.Name, AddressRange.Of(Base + s.Address, Base + s.End)));
        SectionBlocks.Label(claims, region, Span, sections.Prepend(header), Page);
    }

    bool Shows(BlockTable mappings, int mapping, ulong start, PeSection section)
    {
        if (mappings.Inodes[mapping] == 0)
            return true;
        var offset = mappings.Offsets[mapping] + (start - mappings.Starts[mapping]);
        return mappings.Inodes[mapping] == Inode && mappings.Devices[mapping] == Device && section.Offset != 0 && offset == Down(section.Offset);
    }

    ulong Down(ulong value) => value & ~(Page - 1);

    ulong Up(ulong value) => Down(value + Page - 1);
}
