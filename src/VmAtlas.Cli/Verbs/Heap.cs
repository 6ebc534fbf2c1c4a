using System.CommandLine;
using System.Globalization;
using VmAtlas.Capture.Linux;
using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats.Export;
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
    readonly Option<string> _since = new("--since") { Description = "List the sizes of which there are more than in what 'heap --json' wrote earlier.", HelpName = "file" };
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
        new("vmatlas heap 1234 --classes", "C++ objects by class"),
    ];

    public override string Notes =>
        "For glibc's malloc (2.28 and newer, 64 bit), found without symbols. Without --stop the target runs on, "
        + "and the report says when its heap moved meanwhile. No page is made resident by looking.";

    public override int Run(ParseResult arguments, Session session)
    {
        var query = _blocks.Read(arguments);
        using var target = Target.OpenLive(arguments.GetRequiredValue(_target), "looking into its heap");
        var before = Before(arguments, target.Linux, session);
        var view = Look(target.Linux, arguments.GetValue(_stop), keep: query is not null || arguments.GetValue(_classes), session.Cancellation);
        var growth = before is null ? null : HeapGrowth.Between(before, view.Report.Sizes);
        var classes = new BlockClasses(target.Linux, view.Mappings, view.Strings);
        var tally = arguments.GetValue(_classes) ? classes.Tally(view.Report.Chunks!, session.Cancellation) : null;
        var listing = query is null ? null : new BlockListing(view.Report.Chunks!,
            _blocks.Select(arguments, query, view.Report), target.Linux, classes, _blocks.Bytes(arguments));
        if (_blocks.Output(arguments) is { } path && listing is not null)
            BlockOptions.Save(path, listing);
        else if (arguments.GetValue(Json))
            new HeapJson(view.Report, growth, tally, listing).Write(session, target.Linux);
        else
            Write(session.Screen, target.Linux, view.Report, growth, tally, listing);
        return 0;
    }

    /// <summary>The sizes to compare with: of a file, or of this process a while ago.</summary>
    SizeHistogram? Before(ParseResult arguments, LinuxTarget target, Session session)
    {
        if (arguments.GetValue(_since) is { } file)
            return JsonHeap.ReadSizes(file);
        if (arguments.GetValue(_growth) is not { } text)
            return null;
        var wait = Durations.Parse(text, "--growth");
        var sizes = Look(target, arguments.GetValue(_stop), keep: false, session.Cancellation).Report.Sizes;
        session.Cancellation.WaitHandle.WaitOne(wait);
        session.Cancellation.ThrowIfCancellationRequested();
        return sizes;
    }

    static (HeapReport Report, BlockTable Mappings, StringTable Strings) Look(LinuxTarget target, bool stop, bool keep, CancellationToken cancellation)
    {
        using var pause = stop ? TargetStop.All(target) : null;
        var (mappings, strings) = (new BlockTable(), new StringTable());
        target.ReadMappings(mappings, strings, []);
        var options = new HeapReadOptions { Chunks = keep, Residency = true, Paused = pause is null ? null : () => pause.Elapsed };
        var report = GlibcHeapReader.Read(mappings, strings, target, options, cancellation);
        target.EnsureUnchanged();
        return (report ?? throw NoHeap(target), mappings, strings);
    }

    static VmAtlasException NoHeap(LinuxTarget target) => new(Failure.General,
        $"process {target.Process.Pid} has no heap of glibc's malloc: it has not used it yet, has another allocator or C library, or is a 32-bit program");

    static void Write(Screen screen, LinuxTarget target, HeapReport report, IReadOnlyList<HeapGrowth.Suspicion>? growth,
        IReadOnlyList<(string Class, ChunkCount Count)>? classes, BlockListing? listing)
    {
        screen.CutLine($"{Escape.Text(target.Process.Name)}  pid {target.Process.Pid}  {report.Allocator} malloc of {Escape.Text(report.Library)}", Palette.Heading);
        screen.Sentence(How(report), Palette.Muted);
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
            HeapTables.WriteArenas(screen, report.Arenas);
            screen.Line();
            HeapTables.WriteSizes(screen, report.Sizes);
        }
        foreach (var problem in report.Problems)
            screen.Sentence("! " + Escape.Text(problem.Message), Palette.Warning);
    }

    static string How(HeapReport report)
    {
        var way = report.Paused is { } paused
            ? string.Create(CultureInfo.InvariantCulture, $"the target stood still for {paused.TotalMilliseconds:0.0} ms")
            : "read while the target ran on";
        return $"{way}; {(report.Approximate ? "approximate" : "exact: nothing moved meanwhile")}; sizes in K (1,024 bytes)";
    }
}
