using VmAtlas.Model;

namespace VmAtlas.Testing;

/// <summary>Gives a sink that is there already.</summary>
public sealed class Once(ITraceSink sink) : ITraceObserver
{
    public ITraceSink Begin(TraceProcess process) => sink;
}
