using VmAtlas.Model.Tracing;
using VmAtlas.Testing;

namespace VmAtlas.Model.Tests.Tracing;

/// <summary>Makes a store of what is played.</summary>
sealed class TraceStores : ITraceObserver
{
    TraceStore? _store;

    public static TraceStore Of(RandomTrace trace)
    {
        var stores = new TraceStores();
        trace.Play(stores);
        return stores._store!;
    }

    public static TraceStore Of(SyntheticTrace trace)
    {
        var stores = new TraceStores();
        trace.Play(stores);
        return stores._store!;
    }

    public ITraceSink Begin(TraceProcess process) => _store = new TraceStore(process);
}
