using VmAtlas.Capture;
using VmAtlas.Capture.Clr;
using VmAtlas.Capture.Linux;
using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Cli.Output;
using VmAtlas.Model;

namespace VmAtlas.Cli.Targets;

/// <summary>A target found: where its snapshots come from. The one place where a word of the command line becomes one.</summary>
abstract class Target : IDisposable
{
    /// <summary>Finds what the user named. A process is not looked into yet.</summary>
    /// <exception cref="VmAtlasException">None, or several, or a file that can not be read.</exception>
    /// <param name="clr">How to find out about the memory of a .NET process; the usual way where left out.</param>
    public static Target Open(string text, ClrOptions? clr = null) => TargetSpec.Parse(text) switch
    {
        FileSpec file => DumpFile.TryOpen(file, clr) is { } dump ? dump : new SavedTarget(file),
        NameSpec name => new LiveTarget(ProcessName.Find(name.Name), clr),
        ProcessSpec process => new LiveTarget(process.Pid, clr),
        _ => throw new InvalidOperationException("a kind of target nobody opens"),
    };

    /// <summary>The same, for what only a live process can do.</summary>
    /// <param name="need">What is wanted of it: "reading its strings".</param>
    public static LiveTarget OpenLive(string text, string need)
    {
        if (TargetSpec.Parse(text) is FileSpec)
            throw new VmAtlasException(Failure.Usage, $"'{text}' is a saved file, and {need} takes a live process");
        return (LiveTarget)Open(text);
    }

    /// <summary>The same, for what can be done to a dump as well: it has the memory itself.</summary>
    public static ReadableTarget OpenReadable(string text, string need) =>
        TargetSpec.Parse(text) is FileSpec file ? DumpFile.TryOpen(file)
            ?? throw new VmAtlasException(Failure.Usage, $"'{text}' is a saved file, and {need} takes a live process or a dump") : OpenLive(text, need);

    /// <summary>The target's address space: read now, or as it was saved.</summary>
    public abstract Snapshot Capture(CaptureOptions options, CancellationToken cancellation);

    /// <summary>The same with the objects of its managed heap by type: counted now, or as they were saved.</summary>
    /// <exception cref="VmAtlasException">They can not be counted, or were not saved.</exception>
    public abstract Snapshot CaptureObjects(CaptureOptions options, CancellationToken cancellation);

    /// <summary>What will be done with a snapshot, writing to nowhere: see <see cref="Rehearsal"/>.</summary>
    public Action<Snapshot>? Rehearsed { get; set; }

    /// <summary>What could not be read of a file.</summary>
    public virtual IReadOnlyList<Problem> Problems => [];

    public abstract void Dispose();
}

/// <summary>A target whose memory itself can be looked into.</summary>
abstract class ReadableTarget(ClrOptions? clr) : Target
{
    /// <summary>What it can do is asked for by type.</summary>
    public abstract ICaptureTarget Source { get; }

    public override Snapshot CaptureObjects(CaptureOptions options, CancellationToken cancellation)
    {
        using var counting = new ClrAnnotator((clr ?? new ClrOptions()) with { Objects = true });
        var snapshot = Pipeline(counting, options with { Once = true }).Capture(cancellation);
        return counting.LastReport switch
        {
            { Objects: { } objects } => snapshot.With(objects),
            { } report => throw new VmAtlasException(Failure.General, $"the objects can not be counted: {report.WhyNotBetter}"),
            null => throw new VmAtlasException(Failure.General, $"{Escape.Text(snapshot.Process.Name)} has no objects of .NET to count"),
        };
    }

    /// <summary>Captures it, and its .NET memory by that annotator.</summary>
    protected abstract CapturePipeline Pipeline(ClrAnnotator clr, CaptureOptions options);
}

/// <summary>A process that runs.</summary>
sealed class LiveTarget(int pid, ClrOptions? clr = null) : ReadableTarget(clr)
{
    readonly ClrAnnotator _clr = new(clr);

    public override ICaptureTarget Source { get; } = Platform.Current.Open(pid, beside: true);

    public override Snapshot Capture(CaptureOptions options, CancellationToken cancellation)
    {
        if (Source is LinuxTarget linux)
            linux.WhileReading = () => Rehearsal.Start(options, Rehearsed);
        return Pipeline(options with { Once = true }).Capture(cancellation);
    }

    /// <summary>The same while the target is held still, so that all is of one moment.</summary>
    /// <param name="objects">Whether the objects of a managed heap are counted too.</param>
    /// <returns>With how long it stood still, which a snapshot's heap knows too.</returns>
    /// <exception cref="VmAtlasException">It can not be stopped: see <see cref="TargetStop.All"/>.</exception>
    public (Snapshot Snapshot, TimeSpan Paused) CaptureStopped(CaptureOptions options, bool objects, CancellationToken cancellation)
    {
        var (snapshot, paused) = StoppedHeap.Look(Source.Require<LinuxTarget>("holding it still"), new BlockTable(), new StringTable(),
            _ => objects ? CaptureObjects(options, cancellation) : Capture(options, cancellation), s => s.Heap?.Value is not { Approximate: true }, cancellation);
        return (snapshot.Heap is { } heap ? snapshot.With(heap.Value with { Paused = paused }) : snapshot, paused);
    }

    /// <summary>For more than one snapshot: they share their texts.</summary>
    public CapturePipeline Pipeline(CaptureOptions options) => Pipeline(_clr, options);

    protected override CapturePipeline Pipeline(ClrAnnotator clr, CaptureOptions options) => new(Source, Platform.Current.Annotators(clr), null, options);

    public override void Dispose()
    {
        _clr.Dispose();
        Source.Dispose();
    }
}
