using VmAtlas.Capture.Clr.Claims;
using VmAtlas.Capture.Clr.Detection;
using VmAtlas.Capture.Clr.Isolated;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr;

/// <summary>The memory of .NET processes: GC heap by generation, loader heaps, JIT code, stubs.</summary>
/// <remarks>
/// Whether a target is .NET is decided from its mappings; for all others this costs next to nothing. For one that is, a helper process
/// asks the runtime's debugger library (see <see cref="HelperProcess"/>) and stays for the next snapshot. The target is not paused: it may move
/// objects while it is read, so borders inside a generation are those of some moment during the capture. Runs after stacks and images and
/// before anything that claims anonymous or shared memory by looks.
/// </remarks>
public sealed class ClrAnnotator(ClrOptions? options = null) : IAnnotator, IDisposable
{
    readonly ClrReports _reports = new(options ?? new ClrOptions());

    public string Name => ".NET";

    /// <summary>What the last snapshot's claims were made from; null when the target was no .NET process.</summary>
    public ManagedReport? LastReport { get; private set; }

    /// <inheritdoc/>
    public void Annotate(AnnotationContext context)
    {
        LastReport = null;
        if (RuntimeModule.Find(context) is not { } runtime)
            return;
        LastReport = _reports.Get(context, runtime);
        if (!new ClrClaims(context, LastReport).Claim() && LastReport.WhyNotBetter is { } why)
            throw new AnnotatorUnavailableException(why);
    }

    public void Dispose() => _reports.Dispose();
}
