using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Formats.Profiles;

/// <summary>A trace as heaptrack's data file, format 3, for heaptrack_print and heaptrack_gui. Played event by event.</summary>
/// <remarks>Heaptrack knows neither addresses nor threads nor mappings, and an allocation of a sampled trace stands there once, with all the bytes it stands for.</remarks>
public sealed class HeaptrackExport : ITraceSink, IDisposable
{
    const int Version = 0x10400, Format = 3;

    readonly StreamWriter _to;
    readonly NodeTable _nodes;
    readonly NodeFrames _frames;
    readonly Dictionary<string, int> _strings = [];
    readonly Dictionary<(ulong Pc, int Module, CallNodeKind Kind), int> _instructions = [];
    readonly Dictionary<uint, int> _traces = new() { [0] = 0 };
    readonly Dictionary<(ulong Size, int Trace), int> _allocations = [];
    readonly Dictionary<ulong, int> _live = [];
    long _milliseconds;

    /// <param name="frames">Of the whole trace, resolved beforehand: the functions of a call stand where it is first named.</param>
    public HeaptrackExport(TraceProcess process, NodeTable nodes, NodeFrames frames, Stream to)
    {
        (_nodes, _frames) = (nodes, frames);
        _to = new StreamWriter(to, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        Line($"v {Version:x} {Format:x}");
        Line($"X {OneLine(process.Command)}");
        Line($"I 1000 0");
        if (process.Attached)
            Line($"A");
    }

    public void Module(TraceModule module)
    {
    }

    public void Thread(TraceThread thread)
    {
    }

    public void ThreadName(int thread, string name)
    {
    }

    public void Nodes(ReadOnlySpan<CallNode> nodes)
    {
    }

    public void Events(ReadOnlySpan<TraceEvent> events)
    {
        foreach (ref readonly var e in events)
        {
            if (e.Operation is not (TraceOperation.Allocate or TraceOperation.Resize or TraceOperation.Free))
                continue;
            Clock(e.Time);
            if (_live.Remove(e.Address, out var before))
                Line($"- {before:x}");
            if (e.Operation != TraceOperation.Free)
                Allocate(e);
        }
    }

    public void Dropped(long operations)
    {
    }

    public void End(TraceEnding ending, int value, long time) => Clock(time);

    public void Dispose() => _to.Dispose();

    void Allocate(in TraceEvent e)
    {
        var size = e.Weight == 1 ? e.Size : (ulong)Math.Round(e.Size * e.Weight);
        var trace = Trace(_nodes.Contains(e.Site) ? e.Site : 0);
        ref var allocation = ref CollectionsMarshal.GetValueRefOrAddDefault(_allocations, (size, trace), out var known);
        if (!known)
        {
            allocation = _allocations.Count - 1;
            Line($"a {size:x} {trace:x}");
        }
        Line($"+ {allocation:x}");
        _live[e.Address] = allocation;
    }

    void Clock(long time)
    {
        if (time / 1_000_000 <= _milliseconds)
            return;
        _milliseconds = time / 1_000_000;
        Line($"c {_milliseconds:x}");
    }

    /// <summary>The number of a stack; callers are written first.</summary>
    int Trace(uint node)
    {
        if (_traces.TryGetValue(node, out var known))
            return known;
        var path = _nodes.Stack(node).TakeWhile(n => !_traces.ContainsKey(n)).ToList();
        var parent = _traces[_nodes.Parent(path[^1])];
        for (var i = path.Count - 1; i >= 0; i--)
        {
            Line($"t {Instruction(path[i]):x} {parent:x}");
            _traces.Add(path[i], parent = _traces.Count);
        }
        return parent;
    }

    int Instruction(uint id)
    {
        var node = _nodes[id];
        if (_instructions.TryGetValue((node.Pc, node.Module, node.Kind), out var known))
            return known;
        var frames = _frames[id].ToArray().Select(_frames.Frame).ToArray();
        var line = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"i {node.Pc:x} {Text(frames[0].Module):x}"));
        foreach (var frame in frames)
        {
            line.Append(CultureInfo.InvariantCulture, $" {Text(frame.Function):x}");
            if (frame.File != 0 || frames.Length > 1)
                line.Append(CultureInfo.InvariantCulture, $" {Text(frame.File):x} {frame.Line:x}");
        }
        Line($"{line.ToString()}");
        _instructions.Add((node.Pc, node.Module, node.Kind), _instructions.Count + 1);
        return _instructions.Count;
    }

    /// <summary>0 for none; else from 1, written before it is used.</summary>
    int Text(int number)
    {
        var text = OneLine(_frames.Texts[number]);
        if (text.Length == 0)
            return 0;
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_strings, text, out var exists);
        if (!exists)
        {
            known = _strings.Count;
            Line($"s {Encoding.UTF8.GetByteCount(text):x} {text}");
        }
        return known;
    }

    static string OneLine(string text) => PrintableText.Of(text);

    void Line(FormattableString line) => _to.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
