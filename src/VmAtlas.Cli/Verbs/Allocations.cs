using System.CommandLine;
using System.Text.Json;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats.Profiles;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Cli.Verbs;

/// <summary>The live blocks of a trace, one by one.</summary>
sealed class Allocations : Verb
{
    const int DefaultTop = 100;

    readonly Argument<string> _file = SavedTrace.Argument();
    readonly Option<string?> _at = new("--at") { Description = "Only the block that holds this address, with its whole stack.", HelpName = "address" };
    readonly Option<string?> _within = new("--within") { Description = "Only blocks that begin in a range: start-end, as 'show' prints a region.", HelpName = "range" };
    readonly Option<uint?> _site = new("--site") { Description = "Only blocks of this call site, as 'sites' numbers them.", HelpName = "n" };
    readonly Option<string> _sort = new("--sort") { Description = "Order by address, size (largest first) or age (oldest first).", HelpName = "what", DefaultValueFactory = _ => "address" };
    readonly Option<int?> _top = new("--top") { Description = $"Only the first n; {DefaultTop} on a screen, all in json, unless given.", HelpName = "n" };
    readonly Option<int?> _pid = SavedTrace.ProgramOption();
    readonly Option<string?> _symbols = SymbolFolders.Option();

    public Allocations()
        : base("allocations", "List the blocks of a trace that were not given back: address, size, age, thread, call site.")
    {
        _sort.CompletionSources.Add("address", "size", "age");
        foreach (var option in (Option[])[_at, _within, _site, _sort, _top, _pid, _symbols])
            Add(option);
        Add(_file);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas allocations run.vmatlas --sort size", "the largest"),
        new("vmatlas allocations run.vmatlas --at 0x5555deadbeef", "who asked for the block there"),
        new("vmatlas allocations run.vmatlas --site 17 --json", "all of one call site"),
    ];

    public override int Run(ParseResult arguments, Session session)
    {
        var trace = SavedTrace.Open(arguments.GetRequiredValue(_file), arguments.GetValue(_pid), session, SymbolFolders.Named(arguments.GetValue(_symbols), session));
        SavedTrace.NoteOnlyTotals(trace, session);
        var blocks = Order(Choose(arguments, trace.Store), arguments.GetRequiredValue(_sort));
        var stacks = new StackText(trace.Frames);
        var top = arguments.GetValue(_top) ?? (arguments.GetValue(Json) ? int.MaxValue : DefaultTop);
        if (arguments.GetValue(Json))
            session.WriteJson(json => WriteJson(json, trace.Store, blocks.AsSpan(0, Math.Min(top, blocks.Length)), stacks, arguments.GetValue(_at) is not null));
        else
            Write(session.Screen, trace, blocks, top, stacks, arguments.GetValue(_at) is not null);
        return 0;
    }

    LiveBlock[] Choose(ParseResult arguments, TraceStore store)
    {
        var blocks = store.LiveBlocks().AsEnumerable();
        if (arguments.GetValue(_at) is { } at)
        {
            var address = AddressArgument.Parse(at).Value;
            blocks = blocks.Where(b => address >= b.Address && address - b.Address < Math.Max(1, b.Size));
        }
        if (arguments.GetValue(_within) is { } text)
        {
            var range = Range(text);
            blocks = blocks.Where(b => range.Contains(new Address(b.Address)));
        }
        if (arguments.GetValue(_site) is { } site)
            blocks = blocks.Where(b => store.Sites.Site(b.Site) == site);
        var chosen = blocks.ToArray();
        return chosen.Length > 0 || arguments.GetValue(_at) is null ? chosen : throw new VmAtlasException(Failure.NotFound, $"no live block of the trace holds {arguments.GetValue(_at)}");
    }

    static LiveBlock[] Order(LiveBlock[] blocks, string sort)
    {
        Array.Sort(blocks, sort switch
        {
            "address" => static (a, b) => a.Address.CompareTo(b.Address),
            "size" => static (a, b) => a.Size != b.Size ? b.Size.CompareTo(a.Size) : a.Address.CompareTo(b.Address),
            "age" => static (a, b) => a.Time != b.Time ? a.Time.CompareTo(b.Time) : a.Address.CompareTo(b.Address),
            _ => throw new VmAtlasException(Failure.Usage, $"blocks are sorted by address, size or age, not by '{sort}'"),
        });
        return blocks;
    }

    static void Write(Screen screen, LoadedTrace trace, LiveBlock[] blocks, int top, StackText stacks, bool whole)
    {
        var store = trace.Store;
        var end = store.Totals.Time;
        SiteTables.WriteHead(screen, trace);
        new TextTable(
        [
            new("Address", (i, cell) => cell.Append($"{blocks[i].Address:x12}")),
            new("Bytes", (i, cell) => cell.Append($"{blocks[i].Size:N0}")) { Right = true },
            new("Type", (i, cell) => cell.Append(TraceWords.Function(blocks[i].Function))),
            new("Age", (i, cell) => cell.Append(SiteTables.Time(end - blocks[i].Time))) { Right = true, DropOrder = 1 },
            new("Thread", (i, cell) => cell.AppendForeign($"{store.Threads[blocks[i].Thread].Tid} {store.Threads[blocks[i].Thread].Name}")) { DropOrder = 2 },
            new("Site", (i, cell) => cell.Append($"{store.Sites.Site(blocks[i].Site)}")) { Right = true, DropOrder = 3 },
            new("Call", (i, cell) => cell.AppendForeign(stacks.Leaf(store.Sites.Site(blocks[i].Site)))) { Flexible = true },
        ], Math.Min(top, blocks.Length)).Write(screen);
        if (blocks.Length > top)
            screen.Line($"and {blocks.Length - top:N0} more (--top)", Palette.Muted);
        if (!whole)
            return;
        foreach (var frame in stacks.Frames.Stack(store.Sites.Site(blocks[0].Site)))
            screen.CutLine("  " + Escape.Text(stacks.OneFrame(frame)), frame.IsInlined ? Palette.Muted : default);
    }

    static void WriteJson(Utf8JsonWriter json, TraceStore store, ReadOnlySpan<LiveBlock> blocks, StackText stacks, bool whole)
    {
        const int Enough = 1 << 16;
        var end = store.Totals.Time;
        json.WriteStartArray();
        foreach (ref readonly var block in blocks)
        {
            json.WriteStartObject();
            json.WriteString("address", $"0x{block.Address:x}");
            json.WriteNumber("size", block.Size);
            json.WriteString("type", TraceWords.Function(block.Function));
            json.WriteNumber("time", block.Time / 1e9);
            json.WriteNumber("age", (end - block.Time) / 1e9);
            json.WriteNumber("tid", store.Threads[block.Thread].Tid);
            json.WriteString("thread", store.Threads[block.Thread].Name);
            json.WriteNumber("site", store.Sites.Site(block.Site));
            if (whole)
                stacks.WriteJson(json, store.Sites.Site(block.Site));
            json.WriteEndObject();
            if (json.BytesPending > Enough)
                json.Flush();
        }
        json.WriteEndArray();
    }

    static AddressRange Range(string text)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        return dash > 0 && Address.TryParse(text.AsSpan(0, dash), out var start) && Address.TryParse(text.AsSpan(dash + 1), out var end) && start < end
            ? new AddressRange(start, end)
            : throw new VmAtlasException(Failure.Usage, $"--within takes a range such as 7f0000000000-7f0000021000, not '{text}'");
    }
}
