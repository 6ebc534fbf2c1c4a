using System.Buffers.Binary;
using System.Globalization;
using VmAtlas.Capture.Clr.Diagnostics;
using VmAtlas.Model;

namespace VmAtlas.Capture.Clr.Allocations;

/// <summary>Turns the runtime's events about objects into a trace: each sample is an allocation with its stack, innermost the type that was made.</summary>
/// <remarks>No event tells when an object dies, so each counts as given back at once: totals are right, what is live is the heap's own to say.</remarks>
sealed class ManagedAllocations(int pid, ITraceSink sink, ManagedMethods methods)
{
    /// <summary>Numbers of events of Microsoft-Windows-DotNETRuntime, and one of its Rundown.</summary>
    public const int AllocationTick = 10, MethodLoadVerbose = 143, AllocationSampled = 303, MethodEndVerbose = NetTraceReader.Rundown + 144;

    /// <summary>Mean bytes between two samples: AllocationSampled's, and AllocationTick's, which is always this much.</summary>
    public const ulong Interval = 100 << 10;

    const uint MostNodes = 1 << 24;

    readonly Dictionary<(uint Parent, ulong Pc), uint> _nodes = [];
    readonly Dictionary<int, int> _threads = [];
    uint _lastNode;
    long _lastTime;

    public NetTraceReader? Reader { get; set; }

    public long LastTime => _lastTime;

    public void Receive(int id, ReadOnlySpan<byte> payload)
    {
        if (id is MethodLoadVerbose or MethodEndVerbose)
            methods.Learn(payload);
        else if (id == AllocationSampled)
            Sampled(payload);
        else if (id == AllocationTick)
            Tick(payload);
    }

    /// <summary>Kind 4, instance 2, type 8, its name, address 8, size 8, offset of the sample 8.</summary>
    void Sampled(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 14)
            return;
        var left = payload[14..];
        var type = ManagedMethods.TextIn(ref left);
        if (left.Length >= 16 && BinaryPrimitives.ReadUInt64LittleEndian(left[8..]) is var size and not 0)
            Add(type, BinaryPrimitives.ReadUInt64LittleEndian(left), size, 1 / -double.ExpM1(-(double)size / Interval));
    }

    /// <summary>Amount 4, kind 4, instance 2, amount 8, type 8, its name, heap 4, address 8, size 8. The amount is what was allocated since the last tick, by all
    /// together: it is put down to the object that happened to reach it.</summary>
    void Tick(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 26)
            return;
        var amount = BinaryPrimitives.ReadUInt64LittleEndian(payload[10..]);
        var left = payload[26..];
        var type = ManagedMethods.TextIn(ref left);
        if (left.Length >= 20 && BinaryPrimitives.ReadUInt64LittleEndian(left[12..]) is var size and not 0)
            Add(type, BinaryPrimitives.ReadUInt64LittleEndian(left[4..]), size, Math.Max(1, (double)amount / size));
    }

    void Add(string type, ulong address, ulong size, double weight)
    {
        const ulong unknown = 8; // large objects are told of before they have a place
        address = address == 0 ? unknown : address;
        var thread = ThreadOf(Reader!.Thread);
        _lastTime = Math.Max(_lastTime, Reader.Time);
        var made = new TraceEvent
        {
            Time = _lastTime, Address = address, Size = size, Weight = weight, Thread = thread, Site = SiteOf(Reader.Stack, methods.TypeOf(type)),
            Operation = TraceOperation.Allocate, Function = TraceFunction.ManagedNew,
        };
        // Given back by nobody in particular: it is not "temporary", which is what its own thread gives back next.
        var gone = new TraceEvent { Time = _lastTime, Address = address, Weight = 1, Thread = Collector(), Operation = TraceOperation.Free, Function = TraceFunction.Free };
        sink.Events([made, gone]);
    }

    uint SiteOf(ReadOnlySpan<ulong> stack, ulong type)
    {
        var site = 0u;
        for (var i = stack.Length - 1; i >= 0; i--)
            site = NodeOf(site, stack[i]);
        return NodeOf(site, type);
    }

    uint NodeOf(uint parent, ulong pc)
    {
        if (_nodes.TryGetValue((parent, pc), out var known))
            return known;
        if (_lastNode == MostNodes || pc == 0)
            return parent;
        _nodes[(parent, pc)] = ++_lastNode;
        sink.Nodes([new CallNode(_lastNode, parent, pc, -1)]);
        return _lastNode;
    }

    int Collector() => ThreadOf(0);

    int ThreadOf(int tid)
    {
        if (_threads.TryGetValue(tid, out var known))
            return known;
        var thread = new TraceThread(_threads.Count, tid, tid == 0 ? TraceThread.Collector : NameOf(tid));
        sink.Thread(thread);
        return _threads[tid] = thread.Index;
    }

    string NameOf(int tid)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task/{tid}/comm")).TrimEnd('\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // it has ended already
        }
    }
}
