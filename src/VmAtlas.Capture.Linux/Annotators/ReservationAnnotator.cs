using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators;

/// <summary>Reserved, guarding and accessible parts of one reservation as blocks of one region.</summary>
/// <remarks>
/// A program reserves address space with an inaccessible mapping and makes parts of it accessible as it needs them, so neighbours of private
/// anonymous memory with an inaccessible one on one side of their border are taken for one reservation. Flags that a program sets for a
/// part of it (dump, fork and huge page advice, locking) may differ; those fixed by mmap (no reserve, huge pages) must agree, so a runtime that
/// commits by mapping anew over its reservation (the JVM) is not recognised here. Wrong when the kernel put two mappings that
/// were asked for one by one next to each other, which it likes to do: it fills its space from the top without gaps.
/// </remarks>
sealed class ReservationAnnotator : IAnnotator
{
    /// <summary>A guard is small: larger inaccessible parts are reserved for use.</summary>
    const ulong LargestGuard = 64 << 10;

    static readonly ulong s_mayDiffer = VmFlags.Parse("rd wr ex mr mw me ac dd dc wf mg hg nh lo lf sd gu um uw ui");

    public string Name => "Reservation";

    public void Annotate(AnnotationContext context)
    {
        var (mappings, claims) = (context.Mappings, context.Claims);
        var joined = context.Strings.Intern("private memory with inaccessible parts: neighbours that look like one reservation");
        var alone = context.Strings.Intern("private memory that nothing may access: address space reserved for later");
        var starts = mappings.Starts;
        var ends = mappings.Ends;
        var protections = mappings.Protections;
        for (var i = 0; i < starts.Length;)
        {
            var end = i + 1;
            var reserved = !protections[i].IsAccessible();
            if ((reserved || end < starts.Length && starts[end] == ends[i] && !protections[end].IsAccessible()) && IsPlain(context, i))
            {
                while (end < starts.Length && starts[end] == ends[end - 1] && IsPlain(context, end) && Joins(mappings, end))
                    end++;
                if (end - i > 1 || reserved)
                    Claim(context, i, end, claims.AddRegion(MemoryType.PrivateData, context.Strings.Intern(end - i > 1 ? "" : "reserved"), end - i > 1 ? joined : alone));
            }
            i = end;
        }
    }

    static void Claim(AnnotationContext context, int first, int end, int region)
    {
        var mappings = context.Mappings;
        for (var i = first; i < end; i++)
        {
            context.Claims.Claim(region, i);
            if (mappings.Protections[i].IsAccessible())
                continue;
            var guards = end - first > 1 && mappings.Get(Measure.Size, i) <= LargestGuard;
            context.Claims.Label(region, mappings.Range(i), guards ? "guard" : "reserved", guards ? BlockFlags.Guard : BlockFlags.None);
        }
    }

    static bool IsPlain(AnnotationContext context, int mapping) => context.Mappings.Inodes[mapping] == 0 && context.Mappings.Names[mapping] == 0
        && !context.Mappings.Protections[mapping].IsShared() && context.Claims.IsFree(mapping);

    static bool Joins(BlockTable mappings, int mapping) =>
        (!mappings.Protections[mapping].IsAccessible() || !mappings.Protections[mapping - 1].IsAccessible())
        && ((mappings.Flags[mapping] ^ mappings.Flags[mapping - 1]) & ~s_mayDiffer) == 0;
}
