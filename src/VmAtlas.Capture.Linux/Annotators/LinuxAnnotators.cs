using VmAtlas.Capture.Linux.Runtimes;
using VmAtlas.Capture.Linux.Runtimes.Jvm;
using VmAtlas.Capture.Linux.Runtimes.V8;

namespace VmAtlas.Capture.Linux.Annotators;

/// <summary>The annotators for Linux targets, in the order in which they claim.</summary>
public static class LinuxAnnotators
{
    /// <remarks>
    /// What the kernel itself made comes first; then stacks, because a program may put one anywhere, also into an image's .bss or into
    /// a heap; then images, whose .bss is anonymous memory that heaps and reservations could take for theirs; and so on
    /// from sure to likely.
    /// </remarks>
    public static IReadOnlyList<IAnnotator> All => With();

    /// <summary>The same with those that know a runtime: they come after images, and before what goes by looks.</summary>
    public static IReadOnlyList<IAnnotator> With(params ReadOnlySpan<IAnnotator> runtimes) =>
    [
        new KernelAnnotator(),
        new WineAnnotator(),
        new StackAnnotator(),
        new ImageAnnotator(),
        new PeAnnotator(),
        .. runtimes,
        new HeapAnnotator(),
        new JvmAnnotator(),
        new ChromiumAnnotator(),
        new V8Annotator(),
        new PythonAnnotator(),
        new GoAnnotator(),
        new ThreadBlockAnnotator(),
        new OtherAllocatorsAnnotator(),
        new FileAnnotator(),
        new NamedMemoryAnnotator(),
        new ReservationAnnotator(),
    ];
}
