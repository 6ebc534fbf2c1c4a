namespace VmAtlas.Capture.Windows.Annotators;

/// <summary>The annotators for targets of Windows, in the order in which they claim.</summary>
public static class WindowsAnnotators
{
    public static IReadOnlyList<IAnnotator> All => With();

    /// <remarks>Stacks come first, as their threads' own words are the surest; what nobody knows better is claimed last, by what the system itself
    /// says of it.</remarks>
    public static IReadOnlyList<IAnnotator> With(params ReadOnlySpan<IAnnotator> runtimes) =>
    [
        new ThreadAnnotator(),
        new ImageAnnotator(),
        .. runtimes,
        new HeapAnnotator(),
        new WellKnownAnnotator(),
        new SectionAnnotator(),
    ];
}
