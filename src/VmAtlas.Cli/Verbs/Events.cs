using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Tracing;

namespace VmAtlas.Cli.Verbs;

/// <summary>Every operation of a trace, as VMMap's Trace window lists them.</summary>
sealed class Events : Verb
{
    readonly Argument<string> _file = SavedTrace.Argument();
    readonly Option<string?> _operation = new("--operation") { Description = "Only these: allocate, free, resize, map, unmap, remap, protect, move-break, attach-shared, detach-shared; several with commas.", HelpName = "what" };
    readonly Option<string?> _at = new("--at") { Description = "Only operations on memory that holds this address.", HelpName = "address" };
    readonly Option<int?> _tid = new("--tid") { Description = "Only those of this thread.", HelpName = "n" };
    readonly Option<uint?> _site = new("--site") { Description = "Only those of this call site, as 'sites' numbers them.", HelpName = "n" };
    readonly Option<string?> _from = new("--from") { Description = "From this time of the trace on.", HelpName = "time" };
    readonly Option<string?> _to = new("--to") { Description = "Up to this time of the trace.", HelpName = "time" };
    readonly Option<long?> _top = new("--top") { Description = "Only the first n.", HelpName = "n" };
    readonly Option<int?> _pid = SavedTrace.ProgramOption();
    readonly Option<string?> _symbols = SymbolFolders.Option();

    public Events()
        : base("events", "List every operation of a trace with time, thread, function, address and call site.")
    {
        _operation.CompletionSources.Add([.. Enum.GetValues<TraceOperation>().Where(o => o != TraceOperation.None).Select(TraceWords.Operation)]);
        Add(_file);
        foreach (var option in (Option[])[_operation, _at, _tid, _site, _from, _to, _top, _pid, _symbols])
            Add(option);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas events run.vmatlas --operation map,unmap", "who made and removed mappings, and when"),
        new("vmatlas events run.vmatlas --at 0x5555deadbeef", "the life of one block"),
        new("vmatlas events run.vmatlas --from 10s --top 1000 --json", "for a program: one json array, streamed"),
    ];

    public override int Run(ParseResult arguments, Session session)
    {
        var (path, pid) = (arguments.GetRequiredValue(_file), arguments.GetValue(_pid));
        using var reader = TraceReader.Open(path);
        var names = new EventNames(pid);
        reader.Play(names, sink => (sink as EventNames.Program)?.Frames, events: false);
        if (names.Chosen is not { } program)
            throw new VmAtlasException(Failure.NotFound, $"{path} has no trace in it{(pid is null ? "" : $" of process {pid}")}");
        if (SymbolFolders.Named(arguments.GetValue(_symbols), session) is { } symbols)
            NamesAfterwards.LookUp(program.Frames, program.Nodes, program.Modules, symbols);
        var filter = Filter(arguments);
        if (arguments.GetValue(Json))
        {
            session.WriteJson(json =>
            {
                json.WriteStartArray();
                Play(reader, program, filter, arguments.GetValue(_top), e => WriteJson(json, e, program), session.Cancellation);
                json.WriteEndArray();
            });
        }
        else
        {
            Play(reader, program, filter, arguments.GetValue(_top), e => WriteLine(session.Screen, e, program), session.Cancellation);
        }
        foreach (var problem in reader.Problems)
            session.Note(problem.Message);
        return 0;
    }

    static void Play(TraceReader reader, EventNames.Program program, EventFilter wanted, long? top, Action<TraceEvent> show, CancellationToken cancellation)
    {
        var left = top ?? long.MaxValue;
        try
        {
            reader.Play(new EventStream(program.Number, e =>
            {
                cancellation.ThrowIfCancellationRequested();
                if (!wanted.Matches(e, program.Threads))
                    return;
                show(e);
                if (--left == 0)
                    throw new EnoughException();
            }));
        }
        catch (EnoughException)
        {
            // All that was asked for is shown: the rest of the file need not be read.
        }
    }

    EventFilter Filter(ParseResult arguments) => new()
    {
        Operations = (arguments.GetValue(_operation) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(word => TraceWords.ParseOperation(word)
            ?? throw new VmAtlasException(Failure.Usage, $"there is no operation '{word}'")).ToHashSet(),
        At = arguments.GetValue(_at) is { } address ? AddressArgument.Parse(address) : null,
        Tid = arguments.GetValue(_tid),
        Site = arguments.GetValue(_site),
        From = arguments.GetValue(_from) is { } begin ? Durations.Parse(begin, "--from").Ticks * 100 : 0,
        To = arguments.GetValue(_to) is { } end ? Durations.Parse(end, "--to").Ticks * 100 : long.MaxValue,
    };

    static void WriteLine(Screen screen, TraceEvent e, EventNames.Program program)
    {
        screen.Write(string.Create(CultureInfo.InvariantCulture, $"{e.Time / 1e9,13:0.000000}  "), Palette.Muted);
        screen.Write(string.Create(CultureInfo.InvariantCulture, $"{program.Threads.OfEvent(e).Tid,7}  {TraceWords.Function(e.Function),-16}  {TraceWords.Operation(e.Operation),-13}  "));
        screen.Write(string.Create(CultureInfo.InvariantCulture, $"{e.Address:x12}  {e.Size,12:N0}  {(e.Protection == 0 ? "" : e.Protection.ToMapsText()),-4}  "));
        if (e.OldAddress != 0 && e.OldAddress != e.Address)
            screen.Write($"from {e.OldAddress:x12}  ");
        if (e.Site != 0)
            screen.Write(Escape.Text(program.Leaf(e.Site)));
        screen.Line();
    }

    static void WriteJson(Utf8JsonWriter json, TraceEvent e, EventNames.Program program)
    {
        const int Enough = 1 << 16;
        json.WriteStartObject();
        json.WriteNumber("time", e.Time / 1e9);
        json.WriteNumber("tid", program.Threads.OfEvent(e).Tid);
        json.WriteString("function", TraceWords.Function(e.Function));
        json.WriteString("operation", TraceWords.Operation(e.Operation));
        json.WriteString("address", $"0x{e.Address:x}");
        if (e.Operation != TraceOperation.Free)
            json.WriteNumber("size", e.Size);
        if (e.OldAddress != 0)
            json.WriteString("oldAddress", $"0x{e.OldAddress:x}");
        if (e.OldSize != 0)
            json.WriteNumber("oldSize", e.OldSize);
        if (e.Protection != 0)
            json.WriteString("protection", e.Protection.ToMapsText());
        if (e.Weight != 1)
            json.WriteNumber("weight", e.Weight);
        if (e.Site != 0)
        {
            json.WriteNumber("site", e.Site);
            json.WriteString("call", program.Leaf(e.Site));
        }
        json.WriteEndObject();
        if (json.BytesPending > Enough)
            json.Flush();
    }

    sealed class EnoughException : Exception;
}
