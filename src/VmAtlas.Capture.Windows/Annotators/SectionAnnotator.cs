using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Annotators;

/// <summary>What nobody knows better, one region an allocation: Mapped File by its name, Shareable without one, Private Data.</summary>
/// <remarks>Not a heuristic: it says what the system says.</remarks>
sealed class SectionAnnotator : IAnnotator
{
    public string Name => "Allocation";

    public void Annotate(AnnotationContext context)
    {
        var (index, claims, strings) = (AllocationIndex.Of(context), context.Claims, context.Strings);
        var reasons = new Dictionary<MemoryType, int>
        {
            [MemoryType.Image] = strings.Intern("a view of a section made of an executable image"),
            [MemoryType.MappedFile] = strings.Intern("a view of a section that is backed by this file"),
            [MemoryType.Shareable] = strings.Intern("a view of a section without a file: the paging file backs it"),
            [MemoryType.PrivateData] = strings.Intern("memory allocated for this process alone, which no annotator recognised"),
        };
        foreach (var allocation in index.All)
        {
            var type = index.TypeOf(allocation);
            var name = context.Mappings.Names[allocation.First];
            for (int row = allocation.First, region = -1; row <= allocation.Last; row++)
            {
                if (claims.OwnerOf(row) >= 0)
                    continue;
                if (region < 0)
                    region = claims.AddRegion(type, name, reasons[type]);
                claims.Claim(region, row);
            }
        }
    }
}
