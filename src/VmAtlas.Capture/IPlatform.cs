namespace VmAtlas.Capture;

/// <summary>The operating system that this program runs on: what processes it has, and how one of them is read.</summary>
public interface IPlatform
{
    /// <summary>A process as a target. What it can do beyond being captured is asked for by type (<see cref="IMemorySource"/>,
    /// <see cref="IPageSource"/>, <see cref="ITrimmable"/>, …).</summary>
    /// <param name="beside">Who the process is may be read on another thread meanwhile.</param>
    /// <exception cref="Model.VmAtlasException">There is none, or none that may be seen.</exception>
    ICaptureTarget Open(int pid, bool beside = false);

    /// <summary>The annotators for targets of this system, in the order in which they claim.</summary>
    /// <param name="runtimes">Those that know a runtime: they come after images, and before what goes by looks.</param>
    IReadOnlyList<IAnnotator> Annotators(params ReadOnlySpan<IAnnotator> runtimes);

    /// <summary>All processes that are to be seen, in order of pid; one that ends meanwhile is left out.</summary>
    /// <param name="kernelThreads">Whether what runs in the kernel alone and has no memory of its own is listed too.</param>
    IReadOnlyList<ProcessRow> Processes(ProcessDetail detail = ProcessDetail.Sums, bool kernelThreads = false, CancellationToken cancellation = default);

    /// <summary>Processes that answer to a name, by pid: those that have exactly it; if there are none, those that begin with it; then
    /// those that contain it.</summary>
    IReadOnlyList<ProcessRow> Find(string name);

    /// <summary>A process and all its descendants, each parent before its children.</summary>
    IReadOnlyList<int> TreeOf(int pid);
}
