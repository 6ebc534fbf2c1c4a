using System.CommandLine;
using System.Globalization;
using VmAtlas.Capture;
using VmAtlas.Capture.Windows;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats.Export;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Cli.Verbs;

/// <summary>The inside of malloc: arenas, blocks, sizes, and what grows.</summary>
sealed class Heap : Verb
{
    const int DefaultRows = 20;

    readonly Argument<string> _target = TargetArgument();
    readonly Option<bool> _stop = new("--stop") { Description = "Hold the target still meanwhile, so that the figures are exact. Says for how long." };
    readonly Option<bool> _classes = new("--classes") { Description = "Count the C++ objects by class, as far as symbols tell." };
    readonly Option<string> _growth = new("--growth") { Description = "Look again after so long and list the sizes of which there are more.", HelpName = "time" };
    readonly Option<string> _since = new("--since") { Description = "List the sizes of which there are more than in a .vmatlas file with its heap, or in what 'heap --json' wrote.", HelpName = "file" };
    readonly BlockOptions _blocks;

    public Heap()
        : base("heap", "Show what is inside the memory of malloc: arenas, blocks, sizes, what grows.")
    {
        Add(_target);
        Add(_stop);
        Add(_classes);
        Add(_growth);
        Add(_since);
        _blocks = new BlockOptions(this);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas heap 1234", "arenas, and a histogram of sizes"),
        new("vmatlas heap 1234 --stop --json", "exact, for a program: totals as mallinfo2 has them"),
        new("vmatlas heap 1234 --blocks --sort size --top 20 --bytes 16", "the largest blocks and how they begin"),
        new("vmatlas heap 1234 --growth 30s", "sizes that become more: a leak would be among them"),
        new("vmatlas heap before.vmatlas@2 --blocks --state free", "the free blocks of a saved snapshot"),
        new("vmatlas heap 1234 --since before.vmatlas", "what became more since the file was saved"),
        new("vmatlas heap 1234 --classes", "C++ objects by class"),
    ];

    public override string Notes =>
        "For glibc's malloc (2.28 and newer, 64 bit), found without symbols; on Windows for NT heaps and Wine's, 64 bit. Without --stop the target runs on, "
        + "and the report says when its heap moved meanwhile. No page is made resident by looking. "
        + "A file made by 'snapshot --heaps' can be looked into as well; only what needs the memory itself can not be had of it.";

    public override int Run(ParseResult arguments, Session session)
    {
        var query = _blocks.Read(arguments);
        var text = arguments.GetRequiredValue(_target);
        using var target = TargetSpec.Parse(text) is FileSpec ? null : Target.OpenLive(text, "looking into its heap");
        if (target is null)
            RefuseLiveOptions(arguments, text);
        var process = target?.Source;
        if (process is WindowsTarget && arguments.GetValue(_classes))
            throw new VmAtlasException(Failure.Usage, "--classes is there on Linux only: it takes the symbols of C++ classes");
        var before = Before(arguments, process, session);
        var view = target is null
            ? HeapView.OfFile(text, session.Cancellation)
            : HeapView.OfProcess(process!, arguments.GetValue(_stop), query is not null || arguments.GetValue(_classes), session.Cancellation);
        var growth = before is null ? null : HeapGrowth.Between(before, view.Report.Sizes);
        var tally = arguments.GetValue(_classes) ? view.Classes!.Tally(view.Report.Chunks!, session.Cancellation) : null;
        var listing = query is null ? null : new BlockListing(ChunksOf(view.Report),
            _blocks.Select(arguments, query, view.Report), view.Target, view.Classes, _blocks.Bytes(arguments));
        if (_blocks.Output(arguments) is { } path && listing is not null)
            BlockOptions.Save(path, listing);
        else if (arguments.GetValue(Json))
            new HeapJson(view.Report, growth, tally, listing).Write(session, view.Process);
        else
            Write(session.Screen, view, growth, tally, listing);
        return 0;
    }

    void RefuseLiveOptions(ParseResult arguments, string file)
    {
        foreach (var option in (Option[])[_stop, _classes, _growth, _blocks.BytesOption])
        {
            if (arguments.GetResult(option) is { Implicit: false })
                throw new VmAtlasException(Failure.Usage, $"{option.Name} takes a live process, and '{file}' is a saved file: its memory is not in it");
        }
    }

    static ChunkTable ChunksOf(HeapReport report) => report.Chunks
        ?? throw new VmAtlasException(Failure.BadFile, "the file's list of blocks is damaged; arenas and sizes are shown without --blocks");

    /// <summary>The sizes to compare with: of a file, or of this process a while ago.</summary>
    SizeHistogram? Before(ParseResult arguments, ICaptureTarget? target, Session session)
    {
        if (arguments.GetValue(_since) is { } file)
        {
            return TargetSpec.Parse(file) is FileSpec spec && TimelineFile.IsOne(spec.Path)
                ? HeapView.OfFile(file, session.Cancellation).Report.Sizes
                : JsonHeap.ReadSizes(file);
        }
        if (arguments.GetValue(_growth) is not { } text || target is null)
            return null;
        var wait = Durations.Parse(text, "--growth");
        var sizes = HeapView.OfProcess(target, arguments.GetValue(_stop), keepChunks: false, session.Cancellation).Report.Sizes;
        session.Cancellation.WaitHandle.WaitOne(wait);
        session.Cancellation.ThrowIfCancellationRequested();
        return sizes;
    }

    static void Write(Screen screen, HeapView view, IReadOnlyList<HeapGrowth.Suspicion>? growth,
        IReadOnlyList<(string Class, ChunkCount Count)>? classes, BlockListing? listing)
    {
        var report = view.Report;
        screen.CutLine($"{Escape.Text(view.Process.Name)}  pid {view.Process.Pid}  {report.Allocator}{(report.IsMalloc ? " malloc" : "s")} of {Escape.Text(report.Library)}", Palette.Heading);
        screen.Sentence(How(view), Palette.Muted);
        screen.Line();
        HeapTables.WriteTotals(screen, report);
        screen.Line();
        if (listing is not null)
        {
            listing.Write(screen);
        }
        else if (classes is not null)
        {
            HeapTables.WriteClasses(screen, classes);
        }
        else if (growth is not null)
        {
            HeapTables.WriteGrowth(screen, growth, DefaultRows);
        }
        else
        {
            HeapTables.WriteArenas(screen, report);
            screen.Line();
            HeapTables.WriteSizes(screen, report.Sizes);
        }
        foreach (var problem in report.Problems)
            screen.Sentence("! " + Escape.Text(problem.Message), Palette.Warning);
    }

    static string How(HeapView view)
    {
        var report = view.Report;
        var way = view.IsDump ? "read from a dump" : report.Paused is { } paused
            ? string.Create(CultureInfo.InvariantCulture, $"the target stood still for {paused.TotalMilliseconds:0.0} ms")
            : "read while the target ran on";
        return $"{way}; {(report.Approximate ? "approximate" : view.IsDump ? "exact" : "exact: nothing moved meanwhile")}; sizes in K (1,024 bytes)";
    }
}
