using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;

namespace VmAtlas.Formats.Profiles;

/// <summary>Turns heaptrack's data file into a <c>.vmatlas</c> file.</summary>
public static class HeaptrackFile
{
    /// <summary>Whether a file is read as heaptrack's: it names its own after itself, and what it is told to call otherwise still ends as it was packed.</summary>
    public static bool IsNamedSo(string path) =>
        Path.GetFileName(path).Contains("heaptrack", StringComparison.OrdinalIgnoreCase) || Path.GetExtension(path).ToLowerInvariant() is ".gz" or ".zst";

    /// <returns>Events written.</returns>
    /// <exception cref="VmAtlasException">It is no such file, or damaged.</exception>
    public static long Copy(string path, Stream to, string name)
    {
        // The stream is its owner's, who still needs it: the writer itself holds nothing to dispose of.
        var observer = new Keeping(new TraceWriter(new TimelineWriter(to, name)));
        var import = HeaptrackImport.Read(path, observer);
        observer.Recording!.Symbols(import.Frames, import.Nodes);
        return observer.Recording.EventCount;
    }

    sealed class Keeping(TraceWriter writer) : ITraceObserver
    {
        public TraceRecording? Recording { get; private set; }

        public ITraceSink Begin(TraceProcess process) => Recording = writer.Begin(process);
    }
}
