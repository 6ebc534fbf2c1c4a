using VmAtlas.Capture.Windows.Annotators;
using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Capture.Windows.Processes;

namespace VmAtlas.Capture.Windows;

/// <summary>Windows, by the functions of its kernel32 and ntdll.</summary>
/// <param name="recordTo">A folder: what Windows answers about each process opened is written there, in "PID.vmcalls" (docs/windows.md).</param>
public sealed class WindowsPlatform(string? recordTo = null) : IPlatform
{
    /// <summary>The variable that names a folder for recordings.</summary>
    public const string RecordVariable = "VMATLAS_RECORD_CALLS";

    public ICaptureTarget Open(int pid, bool beside = false)
    {
        IWindowsCalls calls = LiveCalls.Open(pid);
        return new WindowsTarget(recordTo is null ? calls : new RecordingCalls(calls, File.Create(Path.Combine(recordTo, $"{pid}.vmcalls"))));
    }

    public IReadOnlyList<IAnnotator> Annotators(params ReadOnlySpan<IAnnotator> runtimes) => WindowsAnnotators.With(runtimes);

    public IReadOnlyList<ProcessRow> Processes(ProcessDetail detail, bool kernelThreads, CancellationToken cancellation) =>
        ProcessList.Read(detail, kernelThreads, cancellation);

    public IReadOnlyList<ProcessRow> Find(string name) => ProcessList.Find(name);

    public IReadOnlyList<int> TreeOf(int pid) => ProcessList.TreeOf(pid);
}
