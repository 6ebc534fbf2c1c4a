using VmAtlas.Capture.Linux.Annotators;

namespace VmAtlas.Capture.Linux.Cores;

/// <summary>The annotators for cores: those of live Linux targets, which read what was written of the memory, and the core's own for stacks.</summary>
public static class CoreAnnotators
{
    public static IReadOnlyList<IAnnotator> All => With();

    /// <summary>The same with those that know a runtime.</summary>
    public static IReadOnlyList<IAnnotator> With(params ReadOnlySpan<IAnnotator> runtimes) => [new CoreStackAnnotator(), .. LinuxAnnotators.With(runtimes)];
}
