using System.Diagnostics;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Capture;

/// <summary>From a target to a snapshot: read the mappings, let the annotators claim them in order, check that the target is still
/// the same, and assemble.</summary>
/// <remarks>One pipeline serves one target for as many snapshots as wanted and reuses its buffers; it is not thread-safe.</remarks>
public sealed class CapturePipeline(
    ICaptureTarget target, IReadOnlyList<IAnnotator> annotators, StringTable? strings = null, CaptureOptions? options = null)
{
    readonly CaptureOptions _options = options ?? CaptureOptions.Full;
    readonly BlockTable _mappings = new();

    /// <summary>When the target was as it is read, if that is not now: a dump.</summary>
    public DateTimeOffset? TakenAt { get; init; }

    /// <summary>Shared by all snapshots of this pipeline.</summary>
    public StringTable Strings { get; } = strings ?? new StringTable();

    /// <exception cref="VmAtlasException">Not permitted, or the target ended while it was read.</exception>
    public Snapshot Capture(CancellationToken cancellation = default)
    {
        if (_options.Once && _mappings.Count > 0)
            throw new InvalidOperationException("this pipeline was made for one capture: its buffers belong to that snapshot");
        var (takenAt, clock) = (TakenAt ?? DateTimeOffset.UtcNow, Stopwatch.StartNew());
        var problems = new List<Problem>();
        _mappings.Clear();
        target.ReadMappings(_mappings, Strings, problems);
        var counters = target.ReadCounters(problems);
        var claims = new ClaimList(_mappings, Strings, _options.Blocks);
        var context = new AnnotationContext(target, _mappings, Strings, claims, _options, cancellation);
        var reports = new List<AnnotatorReport>(annotators.Count + 1);
        foreach (var annotator in annotators)
            reports.Add(Run(annotator, context, (byte)reports.Count));
        reports.Add(Run(new DefaultAnnotator(), context, (byte)reports.Count));
        target.EnsureUnchanged();
        var (blocks, regions) = SnapshotAssembler.Assemble(_mappings, claims, target as IPageSource, _options.Once);
        var snapshot = new Snapshot
        {
            Process = target.Process,
            System = target.System,
            Layout = target.Layout,
            TakenAt = takenAt,
            Took = clock.Elapsed,
            Strings = Strings,
            Blocks = blocks,
            Regions = regions,
            PageTables = counters.TryGetValue("VmPTE", out var tables) ? new ByteSize(tables) : null,
            Counters = counters,
            Annotators = reports,
            Problems = problems,
            Heap = context.Findings.Heap is { } heap ? new Lazy<HeapReport>(heap) : null,
        };
        Laws.Assert(snapshot);
        return snapshot;
    }

    static AnnotatorReport Run(IAnnotator annotator, AnnotationContext context, byte number)
    {
        var clock = Stopwatch.StartNew();
        context.Claims.Annotator = number;
        try
        {
            annotator.Annotate(context);
            return new AnnotatorReport(annotator.Name, Ran: true, WhyNot: null, clock.Elapsed);
        }
        catch (AnnotatorUnavailableException e)
        {
            return new AnnotatorReport(annotator.Name, Ran: false, e.Message, clock.Elapsed);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            // The target is not trusted and may change while it is read: its oddities cost names, never the snapshot.
            return new AnnotatorReport(annotator.Name, Ran: false, $"it failed: {e.Message}", clock.Elapsed);
        }
    }
}
