using VmAtlas.Capture.Linux;
using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Web.Sessions;

/// <summary>The inside of malloc's memory at one moment, with every chunk.</summary>
/// <param name="Growth">Sizes of which there are more than at the look before; null for the first.</param>
sealed record HeapLook(
    DateTimeOffset TakenAt, HeapReport Report, BlockTable Mappings, StringTable Strings, IReadOnlyList<HeapGrowth.Suspicion>? Growth)
{
    /// <summary>Walks the heap. The target runs on meanwhile, and the report says when that shows.</summary>
    /// <exception cref="VmAtlasException">It has no heap of glibc.</exception>
    public static HeapLook Take(LinuxTarget target, HeapLook? before, DateTimeOffset now, CancellationToken cancellation)
    {
        var (mappings, strings) = (new BlockTable(), new StringTable());
        target.ReadMappings(mappings, strings, []);
        var options = new HeapReadOptions { Chunks = true, Residency = true };
        var report = GlibcHeapReader.Read(mappings, strings, target, options, cancellation) ?? throw new VmAtlasException(Failure.NotFound,
            "there is no heap of glibc's malloc in it: it has not used it yet, has another allocator or C library, or is a 32-bit program");
        target.EnsureUnchanged();
        var growth = before is null ? null : HeapGrowth.Between(before.Report.Sizes, report.Sizes);
        return new HeapLook(now, report, mappings, strings, growth);
    }
}
