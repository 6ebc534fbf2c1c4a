using VmAtlas.Model;

namespace VmAtlas.Capture;

/// <summary>Takes what nobody claimed, by what the system itself says of it: a file, shared memory, or private data.</summary>
/// <remarks>Not a heuristic: it claims no more than the mapping's own columns show, one region a mapping.</remarks>
sealed class DefaultAnnotator : IAnnotator
{
    public string Name => "Default";

    public void Annotate(AnnotationContext context)
    {
        var (mappings, claims, strings) = (context.Mappings, context.Claims, context.Strings);
        var file = strings.Intern("a mapping of a file that is not an executable image");
        var shared = strings.Intern("shared memory without a file");
        var data = strings.Intern("private memory that no annotator recognised");
        var inodes = mappings.Inodes;
        var protections = mappings.Protections;
        var names = mappings.Names;
        for (var i = 0; i < inodes.Length; i++)
        {
            if (claims.OwnerOf(i) >= 0)
                continue;
            var (type, reason) = inodes[i] != 0 ? (MemoryType.MappedFile, file)
                : protections[i].IsShared() ? (MemoryType.Shareable, shared)
                : (MemoryType.PrivateData, data);
            if (claims.IsFree(i))
                claims.Claim(claims.AddRegion(type, names[i], reason), i);
            else
                ClaimRest(claims, i, type, names[i], reason);
        }
    }

    /// <summary>Pieces left over get a region each: what lies between two claims is not one thing with what lies after them.</summary>
    static void ClaimRest(ClaimList claims, int mapping, MemoryType type, int details, int reason)
    {
        foreach (var piece in claims.PiecesOf(mapping)!.Where(p => p.Region < 0).ToList())
            claims.ClaimRange(claims.AddRegion(type, details, reason), AddressRange.Of(piece.Start, piece.End));
    }
}
