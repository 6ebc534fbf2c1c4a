using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Formats.Tests.Vmatlas.Traces;

/// <summary>Gives a sink that is there already.</summary>
sealed class Once(ITraceSink sink) : ITraceObserver
{
    public ITraceSink Begin(TraceProcess process) => sink;
}

/// <summary>Names every function after its address.</summary>
sealed class MadeUpSymbols : IFrameSource
{
    public void Resolve(TraceModule? module, ReadOnlySpan<ulong> addresses, CallNodeKind kind, IFrameReceiver into)
    {
        foreach (var address in addresses)
        {
            if (address % 3 == 0)
                into.Frame(System.Text.Encoding.UTF8.GetBytes($"inline_{address:x}"), "x.h"u8, 3, true);
            if (module is not null)
                into.Frame(System.Text.Encoding.UTF8.GetBytes($"f_{address:x}"), "ü.c"u8, (int)(address % 1000), false);
            into.EndAddress();
        }
    }
}

/// <summary>Everything one trace of a file told.</summary>
sealed class Heard : ITraceObserver, ITraceSink
{
    public TraceProcess? Process { get; private set; }

    public List<TraceModule> Modules { get; } = [];

    public Dictionary<int, string> Names { get; } = [];

    public List<CallNode> Nodes { get; } = [];

    public List<TraceEvent> Events { get; } = [];

    public long Dropped { get; private set; }

    public (TraceEnding, int, long)? Ending { get; private set; }

    public static Heard Of(string path)
    {
        using var reader = TraceReader.Open(path);
        var heard = new Heard();
        reader.Play(heard);
        reader.Problems.ShouldBeEmpty();
        return heard;
    }

    ITraceSink ITraceObserver.Begin(TraceProcess process)
    {
        Process = process;
        return this;
    }

    void ITraceSink.Module(TraceModule module) => Modules.Add(module);

    void ITraceSink.Thread(TraceThread thread) => Names.Add(thread.Index, thread.Name);

    void ITraceSink.ThreadName(int thread, string name) => Names[thread] = name;

    void ITraceSink.Nodes(ReadOnlySpan<CallNode> nodes) => Nodes.AddRange(nodes);

    void ITraceSink.Events(ReadOnlySpan<TraceEvent> events) => Events.AddRange(events);

    void ITraceSink.Dropped(long operations) => Dropped += operations;

    void ITraceSink.End(TraceEnding ending, int value, long time) => Ending = (ending, value, time);
}
