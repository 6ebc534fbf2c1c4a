using VmAtlas.Model;

namespace VmAtlas.Formats.Import;

/// <summary>Gathers what a foreign trace tells one by one and gives it on in portions: the calls before the events that name them.</summary>
sealed class TraceBatch(ITraceSink sink)
{
    const int Most = 4096;

    readonly List<CallNode> _nodes = [];
    readonly List<TraceEvent> _events = [];

    public void Add(CallNode node) => _nodes.Add(node);

    public void Add(in TraceEvent e)
    {
        _events.Add(e);
        if (_events.Count == Most)
            Flush();
    }

    public void Flush()
    {
        sink.Nodes(_nodes.ToArray());
        _nodes.Clear();
        sink.Events(_events.ToArray());
        _events.Clear();
    }
}
