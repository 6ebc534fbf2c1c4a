using VmAtlas.Capture;
using VmAtlas.Capture.Linux;
using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Capture.Windows;
using VmAtlas.Capture.Windows.Heaps;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Web.Sessions;

/// <summary>The inside of malloc's memory at one moment, with every chunk.</summary>
/// <param name="Growth">Sizes of which there are more than at the look before; null for the first.</param>
sealed record HeapLook(
    DateTimeOffset TakenAt, HeapReport Report, BlockTable Mappings, StringTable Strings, IReadOnlyList<HeapGrowth.Suspicion>? Growth)
{
    /// <summary>Walks the heap. The target runs on meanwhile, and the report says when that shows.</summary>
    /// <exception cref="VmAtlasException">It has no heap that can be looked into.</exception>
    public static HeapLook Take(ICaptureTarget target, HeapLook? before, DateTimeOffset now, CancellationToken cancellation)
    {
        var (mappings, strings) = (new BlockTable(), new StringTable());
        target.ReadMappings(mappings, strings, []);
        var report = target is WindowsTarget windows ? OfWindows(windows, mappings, cancellation) : OfLinux(target.Require<LinuxTarget>("looking into its heap"), mappings, strings, cancellation);
        target.EnsureUnchanged();
        var growth = before is null ? null : HeapGrowth.Between(before.Report.Sizes, report.Sizes);
        return new HeapLook(now, report, mappings, strings, growth);
    }

    static HeapReport OfLinux(LinuxTarget target, BlockTable mappings, StringTable strings, CancellationToken cancellation) =>
        GlibcHeapReader.Read(mappings, strings, target, new HeapReadOptions { Chunks = true, Residency = true }, cancellation) ?? throw new VmAtlasException(Failure.NotFound,
            "there is no heap of glibc's malloc in it: it has not used it yet, has another allocator or C library, or is a 32-bit program");

    static HeapReport OfWindows(WindowsTarget target, BlockTable mappings, CancellationToken cancellation) =>
        SystemHeapReader.Read(target, mappings, keepChunks: true, cancellation) ?? throw new VmAtlasException(Failure.NotFound,
            "its heaps can not be looked into: they are segment heaps, 32-bit ones, or of a layout that is not known");
}
