using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Symbols;
using VmAtlas.Tracing;
using VmAtlas.Web.Sessions;

namespace VmAtlas.Web.Traces;

/// <summary>The traces of a saved file. Whether there are any is known at once; they are read when the first view asks.</summary>
/// <param name="symbols">Where names that the file lacks are looked for; null for nowhere.</param>
sealed class FileTraces(string path, SymbolSetting? symbols = null) : TargetTraces
{
    readonly Lazy<int> _count = new(() => CountIn(path));
    readonly Lazy<IReadOnlyList<ProgramTrace>> _programs = new(() =>
        [.. LoadedTrace.ReadAll(path).Traces.Select((t, i) => new ProgramTrace(i, t.Store, t.Frames))]);

    public override int Count => _count.Value;

    protected override IReadOnlyList<ProgramTrace> Programs => _programs.Value;

    protected override string EventFile() => path;

    /// <summary>Its names were looked up when it was made: only folders that somebody named can have more, and each time that others are named.</summary>
    protected override void Resolve(ProgramTrace program)
    {
        var now = symbols?.Path ?? SymbolPath.Default;
        if (now.Equals(program.Searched ?? SymbolPath.Default))
            return;
        NamesAfterwards.LookUp(program.Frames, program.Store.CallNodes, program.Store.Modules, now);
        program.Searched = now;
    }

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
