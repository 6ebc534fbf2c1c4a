using VmAtlas.Capture.Linux.Annotators.Files;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators;

/// <summary>Files and shared memory: what has an inode and is no image. Neighbouring mappings that continue one file are one region.</summary>
/// <remarks>What kind it is comes from the kernel's own names (see <see cref="FileKind"/>); which bytes go together from device, inode and
/// offset. Wrong only where a program maps two neighbouring parts of one file, side by side, as two things.</remarks>
sealed class FileAnnotator : IAnnotator
{
    public string Name => "File";

    public void Annotate(AnnotationContext context)
    {
        var (mappings, claims) = (context.Mappings, context.Claims);
        for (var i = 0; i < mappings.Count;)
        {
            if (mappings.Inodes[i] == 0 || !claims.IsFree(i))
            {
                i++;
                continue;
            }
            var kind = FileKind.Of(context, i);
            var region = claims.AddRegion(kind.Type, kind.Details, kind.Reason);
            var first = i;
            do
                claims.Claim(region, i++);
            while (i < mappings.Count && claims.IsFree(i) && Continues(mappings, i));
            if (mappings.PageShifts[first] > 12)
                claims.AddFact(region, "page-size", $"{1UL << mappings.PageShifts[first]}");
        }
    }

    static bool Continues(BlockTable mappings, int mapping)
    {
        var before = mapping - 1;
        return mappings.Inodes[mapping] == mappings.Inodes[before] && mappings.Devices[mapping] == mappings.Devices[before]
            && mappings.Starts[mapping] == mappings.Ends[before] && mappings.Names[mapping] == mappings.Names[before]
            && mappings.Protections[mapping].IsShared() == mappings.Protections[before].IsShared()
            && unchecked(mappings.Offsets[mapping] - mappings.Offsets[before]) == mappings.Get(Measure.Size, before);
    }
}
