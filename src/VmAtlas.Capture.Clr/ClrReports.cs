using VmAtlas.Capture.Clr.Detection;
using VmAtlas.Capture.Clr.Diagnostics;
using VmAtlas.Capture.Clr.Isolated;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr;

/// <summary>Gets a report of one target from the best source there is, again for each snapshot.</summary>
sealed class ClrReports(ClrOptions options) : IDisposable
{
    /// <summary>A helper that failed so often is not started again for this target.</summary>
    const int MostFailures = 2;

    HelperProcess? _helper;
    RuntimeModule? _helpersRuntime;
    string? _whyNoHelper;
    int _failures;

    /// <summary>Never fails: without any source the report has no ranges and says why.</summary>
    public ManagedReport Get(AnnotationContext context, RuntimeModule runtime)
    {
        if (TryDebugger(context, runtime) is { } report)
            return report;
        return TryRuntime(context, out var whyNot) ?? new ManagedReport { Evidence = ManagedEvidence.Shape, WhyNotBetter = $"{_whyNoHelper}; {whyNot}" };
    }

    /// <summary>Asks the runtime itself, where that is allowed.</summary>
    ManagedReport? TryRuntime(AnnotationContext context, out string whyNot)
    {
        whyNot = IsLive(context) ? "the runtime itself was not asked, which would disturb it (--ask-runtime)" : "a dump has no runtime that could be asked";
        if (options.AskRuntime == AskRuntime.Never || !IsLive(context))
            return null;
        try
        {
            var induce = options.AskRuntime == AskRuntime.InduceCollection;
            return EventPipeSession.Ask(context.Target.Process.Pid, induce, options.RuntimeWait, context.Cancellation) with { WhyNotBetter = _whyNoHelper };
        }
        catch (AnnotatorUnavailableException e)
        {
            whyNot = e.Message;
            return null;
        }
    }

    public void Dispose() => Drop();

    ManagedReport? TryDebugger(AnnotationContext context, RuntimeModule runtime)
    {
        if (!options.UseDebugger)
            _whyNoHelper = "it was not asked for";
        if (!options.UseDebugger || _failures >= MostFailures)
            return null;
        if (_helpersRuntime != runtime)
            Drop();
        try
        {
            _helper ??= HelperProcess.Start(options.HelperPath, options.Limits, context.Target.Process.Pid, runtime.Base, context.Cancellation, PiecesOf(context));
            _helpersRuntime = runtime;
            return _helper.Ask(options.Objects, context.Cancellation);
        }
        catch (AnnotatorUnavailableException e)
        {
            (_whyNoHelper, _failures) = (e.Message, _failures + 1);
            Drop();
            return null;
        }
    }

    static IReadOnlyList<SavedPiece>? PiecesOf(AnnotationContext context) => (context.Target as ISavedMemory)?.SavedPieces;

    static bool IsLive(AnnotationContext context) => context.Target.Process.Pid != 0 && PiecesOf(context) is null;

    void Drop()
    {
        _helper?.Dispose();
        _helper = null;
    }
}
