using VmAtlas.Cli.CommandLine;
using VmAtlas.Formats.Profiles;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;

namespace VmAtlas.Cli.Targets;

/// <summary>The formats that a trace, and no memory map, is exported in.</summary>
static class ProfileFormat
{
    public static readonly string[] All = ["pprof", "collapsed", "speedscope", "heaptrack"];

    /// <summary>By the file's name: x.pb.gz, x.collapsed, x.speedscope.json, x.heaptrack, x.heaptrack.gz. Null for any other.</summary>
    public static string? OfFile(string path)
    {
        bool Ends(string end) => path.EndsWith(end, StringComparison.OrdinalIgnoreCase);
        return Ends(".pb.gz") || Ends(".pprof") ? "pprof"
            : Ends(".collapsed") || Ends(".folded") ? "collapsed"
            : Ends(".speedscope.json") ? "speedscope"
            : Ends(".heaptrack") || Ends(".heaptrack.gz") ? "heaptrack"
            : null;
    }

    /// <exception cref="VmAtlasException">The file has no trace in it.</exception>
    public static void Write(string path, string format, bool packed, Stream to, Session session)
    {
        if (format == "heaptrack")
        {
            WriteHeaptrack(path, packed, to);
            return;
        }
        var trace = SavedTrace.Open(path, null, session);
        if (format == "pprof")
            PprofExport.Write(trace.Store, trace.Frames, to);
        else if (format == "speedscope")
            SpeedscopeExport.Write(trace.Store, trace.Frames, to);
        else
            CollapsedExport.Write(trace.Store, trace.Frames, SiteValue.LiveBytes, to);
    }

    static void WriteHeaptrack(string path, bool packed, Stream to)
    {
        using var reader = TraceReader.Open(path);
        var names = new EventNames(null);
        reader.Play(names, sink => (sink as EventNames.Program)?.Frames, events: false);
        var program = names.Chosen ?? throw new VmAtlasException(Failure.NotFound, $"{path} has no trace in it");
        if (program.Process.SampleInterval != 0)
            throw new VmAtlasException(Failure.Usage, $"{path} is a sampled trace, and heaptrack's format can not say how many blocks one stands for: export pprof, collapsed or speedscope");
        using var gzip = packed ? new System.IO.Compression.GZipStream(to, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true) : null;
        using var export = new HeaptrackExport(program.Process, program.Nodes, program.Frames, gzip ?? to);
        reader.Play(new Only(program.Number, export));
    }

    /// <summary>Gives one program of the file the sink and the others one that hears nothing.</summary>
    sealed class Only(int number, ITraceSink sink) : ITraceObserver
    {
        int _programs;

        public ITraceSink Begin(TraceProcess process) =>
            _programs++ == number ? sink : new EventStream(-1, static _ => { }).Begin(process);
    }
}
