using VmAtlas.Capture.Linux.Annotators;
using VmAtlas.Capture.Linux.Processes;

namespace VmAtlas.Capture.Linux;

/// <summary>Linux, by its <c>/proc</c>.</summary>
public sealed class LinuxPlatform : IPlatform
{
    public ICaptureTarget Open(int pid, bool beside = false) => new LinuxTarget(pid, beside);

    public IReadOnlyList<IAnnotator> Annotators(params ReadOnlySpan<IAnnotator> runtimes) => LinuxAnnotators.With(runtimes);

    public IReadOnlyList<ProcessRow> Processes(ProcessDetail detail, bool kernelThreads, CancellationToken cancellation) =>
        ProcessList.Read(detail, kernelThreads, cancellation);

    public IReadOnlyList<ProcessRow> Find(string name) => ProcessFinder.Find(name);

    public IReadOnlyList<int> TreeOf(int pid) => ProcessTree.Of(pid);
}
