using VmAtlas.Model;
using VmAtlas.Symbols.Elf;

namespace VmAtlas.Capture.Linux.Annotators.Images;

/// <summary>One instance of an ELF object in an address space: one file mapped several times is several.</summary>
/// <param name="Object">What its headers say.</param>
/// <param name="Bias">What is added to the object's own addresses, modulo 2^64.</param>
/// <param name="Device">Device and inode of the file mapped.</param>
/// <param name="Page">The system's page size.</param>
sealed record ElfPlacement(ElfFile Object, ulong Bias, uint Device, ulong Inode, ulong Page)
{
    /// <summary>From its first segment to the end of its last, in whole pages.</summary>
    public AddressRange Span => Placed(Object.Span);

    /// <summary>
    /// The instance that a mapping belongs to: the bias that puts one segment there must put every executable segment on an executable mapping
    /// of the same file and offset. An anonymous executable mapping counts too: programs copy their code to huge pages. An object without code
    /// (libicudata) must have two segments at least, each at the start of a mapping with its access.
    /// </summary>
    public static ElfPlacement? TryFind(BlockTable mappings, int mapping, ElfFile elf, ulong page)
    {
        foreach (var segment in elf.Segments)
        {
            if (segment.FileSize == 0 || (segment.Offset & ~(page - 1)) != mappings.Offsets[mapping])
                continue;
            var bias = unchecked(mappings.Starts[mapping] - (segment.Memory.Start.Value & ~(page - 1)));
            var placement = new ElfPlacement(elf, bias, mappings.Devices[mapping], mappings.Inodes[mapping], page);
            if (placement.Fits(mappings))
                return placement;
        }
        return null;
    }

    /// <summary>Gives a region its mappings: the file's where the segments ask for them, and anonymous memory within a segment (.bss).</summary>
    public void Claim(AnnotationContext context, int region)
    {
        var mappings = context.Mappings;
        foreach (var mapping in context.Claims.MappingsIn(Span))
        {
            if (mappings.Protections[mapping].IsShared())
                continue;
            if (IsOurs(mappings, mapping))
            {
                context.Claims.Claim(region, mapping);
                context.Claims.Label(region, mappings.Range(mapping), LabelOf(mappings, mapping));
            }
            else if (mappings.Inodes[mapping] == 0)
            {
                ClaimAnonymous(context, region, mapping);
            }
        }
    }

    /// <summary>Cuts the region into blocks of sections, where the object has section headers.</summary>
    public void LabelSections(ClaimList claims, int region)
    {
        if (Object.Sections.Count > 0)
            SectionBlocks.Label(claims, region, Span, Header().Concat(Object.Sections.Select(s => (s.Name, Exactly(s.Range)))), Page);
    }

    bool Fits(BlockTable mappings)
    {
        var code = 0;
        foreach (var segment in Object.Segments)
        {
            if (segment.FileSize == 0 || (segment.Access & Protection.Execute) == 0)
                continue;
            code++;
            if (!HasCode(mappings, segment))
                return false;
        }
        return code > 0 || HasData(mappings);
    }

    bool HasCode(BlockTable mappings, ElfSegment segment)
    {
        var start = Placed(segment.Memory).Start;
        var mapping = mappings.IndexOf(start);
        return mapping >= 0 && (mappings.Protections[mapping] & (Protection.Execute | Protection.Shared)) == Protection.Execute
            && (mappings.Inodes[mapping] == 0 || IsAt(mappings, mapping, segment));
    }

    bool HasData(BlockTable mappings)
    {
        var found = 0;
        foreach (var segment in Object.Segments)
        {
            if (segment.FileSize == 0)
                continue;
            var mapping = mappings.IndexOf(Placed(segment.Memory).Start);
            if (mapping < 0 || mappings.Starts[mapping] != Placed(segment.Memory).Start.Value || !IsAt(mappings, mapping, segment))
                return false;
            found++;
        }
        return found > 1;
    }

    bool IsAt(BlockTable mappings, int mapping, ElfSegment segment) =>
        mappings.Inodes[mapping] == Inode && mappings.Devices[mapping] == Device
        && unchecked(mappings.Starts[mapping] - mappings.Offsets[mapping]) == unchecked(Bias + Shift(segment));

    /// <summary>Address less offset, which all whole pages of a segment have in common.</summary>
    ulong Shift(ElfSegment segment) => unchecked((segment.Memory.Start.Value & ~(Page - 1)) - (segment.Offset & ~(Page - 1)));

    bool IsOurs(BlockTable mappings, int mapping)
    {
        foreach (var segment in Object.Segments)
        {
            if (IsAt(mappings, mapping, segment))
                return true;
        }
        return false;
    }

    /// <summary>Anonymous memory belongs to the object as far as a segment reaches, and no further: the kernel merges what lies behind it.
    /// Inaccessible memory between segments is the room the loader reserved.</summary>
    void ClaimAnonymous(AnnotationContext context, int region, int mapping)
    {
        var range = context.Mappings.Range(mapping);
        foreach (var segment in Object.Segments)
        {
            var label = (segment.Access & Protection.Execute) != 0 ? segment.Label : ".bss";
            var part = range.Intersect(Placed(segment.Memory));
            if (!part.IsEmpty)
                context.Claims.ClaimRange(region, part, label);
        }
        if (!context.Mappings.Protections[mapping].IsAccessible() && Span.Contains(range))
            context.Claims.ClaimRange(region, range, "gap");
    }

    string LabelOf(BlockTable mappings, int mapping)
    {
        var protection = mappings.Protections[mapping];
        if (!protection.IsAccessible())
            return "gap";
        var relro = !Object.Relro.IsEmpty && Placed(Object.Relro).Contains(mappings.Range(mapping).Start);
        return relro && (protection & Protection.Write) == 0 ? "relro" : $"{protection.ToMapsText()[..3]} segment";
    }

    IEnumerable<(string Name, AddressRange Range)> Header()
    {
        var first = Object.Segments.FirstOrDefault(s => s.Offset == 0 && s.FileSize >= Object.HeaderSize);
        if (Object.HeaderSize > 0 && first is not null)
            yield return ("header", Exactly(new AddressRange(first.Memory.Start, first.Memory.Start + new ByteSize(Object.HeaderSize))));
    }

    AddressRange Exactly(AddressRange own) => AddressRange.Of(unchecked(own.Start.Value + Bias), unchecked(own.End.Value + Bias));

    /// <summary>A range of the object's own addresses, widened to whole pages, where it lies in this instance.</summary>
    AddressRange Placed(AddressRange own) => AddressRange.Of(
        unchecked((own.Start.Value & ~(Page - 1)) + Bias), unchecked(((own.End.Value + Page - 1) & ~(Page - 1)) + Bias));
}
