using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Runtimes.Allocators;

/// <summary>Memory of musl's malloc (mallocng, since 1.2.1) in a program linked with it statically.</summary>
/// <remarks>
/// Evidence: a mapping begins with a group, whose first word points to its description (<c>struct meta</c>: prev, next, mem, …), whose third word points
/// back to the group. Such a pair by chance is all but impossible; a program that plants one gets a wrong name for that mapping. Groups
/// in the middle of others' mappings are not looked for, and musl's older malloc has no such shape.
/// </remarks>
static class MuslGroups
{
    const int MetaWords = 3, Mem = 2;

    public static IEnumerable<int> Find(AnnotationContext context, IMemorySource memory)
    {
        return AnonymousMemory.Unclaimed(context, Protection.Read | Protection.Write).Take(AnonymousMemory.MaxLooks).Where(BeginsWithGroup).ToList();

        bool BeginsWithGroup(int mapping)
        {
            Span<ulong> group = stackalloc ulong[1], meta = stackalloc ulong[MetaWords];
            var start = context.Mappings.Starts[mapping];
            return AnonymousMemory.TryRead(memory, start, group) && (group[0] & 7) == 0 && group[0] > ushort.MaxValue && group[0] != start
                && AnonymousMemory.TryRead(memory, group[0], meta) && meta[Mem] == start;
        }
    }
}
