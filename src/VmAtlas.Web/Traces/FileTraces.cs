using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Web.Traces;

/// <summary>The traces of a saved file. Whether there are any is known at once; they are read when the first view asks.</summary>
sealed class FileTraces(string path) : TargetTraces
{
    readonly Lazy<int> _count = new(() => CountIn(path));
    readonly Lazy<IReadOnlyList<ProgramTrace>> _programs = new(() =>
        [.. LoadedTrace.ReadAll(path).Traces.Select((t, i) => new ProgramTrace(i, t.Store, t.Frames))]);

    public override int Count => _count.Value;

    protected override IReadOnlyList<ProgramTrace> Programs => _programs.Value;

    protected override string EventFile() => path;

    static int CountIn(string path)
    {
        if (!TimelineFile.IsOne(path))
            return 0;
        using var reader = TraceReader.Open(path);
        var counter = new Counter();
        reader.Play(counter, events: false);
        return counter.Count;
    }

    sealed class Counter : ITraceObserver
    {
        public int Count { get; private set; }

        public ITraceSink Begin(TraceProcess process) => new TraceStore(Counted(process));

        TraceProcess Counted(TraceProcess process)
        {
            Count++;
            return process;
        }
    }
}
