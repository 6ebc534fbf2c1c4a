using VmAtlas.Formats.Import;
using VmAtlas.Model;

namespace VmAtlas.Formats.Etl;

/// <summary>One process of a log, told as a trace.</summary>
sealed class EtlProgram(EtlTarget target, IEnumerable<EtlImage> images, EtlStacks stacks, EtlClock clock)
{
    const ulong Commit = 0x1000;

    readonly List<TraceModule> _modules = [];
    readonly Dictionary<int, int> _threads = [];
    readonly Dictionary<uint, uint> _nodes = [];
    readonly Dictionary<ulong, HashSet<ulong>> _heaps = [];
    TraceBatch _batch = null!;
    ITraceSink _sink = null!;
    long _time;

    /// <param name="order">Numbers of its operations, in order of time.</param>
    public void Tell(ArraySegment<int> order, List<EtlOperation> operations, ITraceObserver observer)
    {
        var loaded = images.DistinctBy(i => (i.Start, i.Path)).OrderBy(i => i.Start).ToList();
        var program = loaded.Find(i => i.Path.EndsWith(".exe", StringComparison.OrdinalIgnoreCase)).Path;
        _sink = observer.Begin(new TraceProcess(target.Process, 0, program ?? $"process {target.Process}", clock.Began, target.Attached, SampleInterval: 0));
        _batch = new TraceBatch(_sink);
        foreach (var image in loaded)
        {
            var module = new TraceModule(_modules.Count, image.Path, AddressRange.Of(image.Start, image.Start + image.Size), image.Start, "");
            _modules.Add(module);
            _sink.Module(module);
        }
        foreach (var number in order)
            Take(operations[number]);
        _batch.Flush();
        _sink.End(target.Ending, target.Value, _time);
    }

    void Take(in EtlOperation o)
    {
        _time = Math.Max(_time, clock.Nanoseconds(o.Time));
        var tid = o.Thread != 0 ? o.Thread : stacks.ThreadAt(o.Time);
        var made = new TraceEvent { Time = _time, Weight = 1, Thread = ThreadOf(tid), Address = o.Address, Size = o.Size };
        switch (o.Kind)
        {
            case EtlOperationKind.Alloc:
                BlocksOf(o.Heap).Add(o.Address);
                _batch.Add(made with { Operation = TraceOperation.Allocate, Function = TraceFunction.Malloc, Site = SiteOf(o, tid) });
                break;
            case EtlOperationKind.Realloc:
                Reallocate(o, made with { Function = TraceFunction.Realloc, Site = SiteOf(o, tid) });
                break;
            case EtlOperationKind.Free:
                BlocksOf(o.Heap).Remove(o.Address);
                _batch.Add(made with { Operation = TraceOperation.Free, Function = TraceFunction.Free, Size = 0 });
                break;
            case EtlOperationKind.DestroyHeap:
                DestroyHeap(o.Heap, made);
                break;
            case EtlOperationKind.VirtualAlloc when (o.Heap & Commit) != 0:
                _batch.Add(made with { Operation = TraceOperation.Map, Function = TraceFunction.Mmap, Site = SiteOf(o, tid), Protection = Protection.Read | Protection.Write });
                break;
            case EtlOperationKind.VirtualFree when o.Size != 0:
                _batch.Add(made with { Operation = TraceOperation.Unmap, Function = TraceFunction.Munmap });
                break;
        }
    }

    void Reallocate(in EtlOperation o, TraceEvent made)
    {
        made.OldAddress = o.Old;
        if (o.Old == o.Address)
        {
            _batch.Add(made with { Operation = TraceOperation.Resize });
            return;
        }
        var blocks = BlocksOf(o.Heap);
        if (blocks.Remove(o.Old))
            _batch.Add(made with { Operation = TraceOperation.Free, Address = o.Old, OldAddress = 0, Size = 0, Site = 0 });
        blocks.Add(o.Address);
        _batch.Add(made with { Operation = TraceOperation.Allocate });
    }

    /// <summary>With a heap goes all that is in it, without a word about each block.</summary>
    void DestroyHeap(ulong heap, TraceEvent made)
    {
        if (!_heaps.Remove(heap, out var blocks))
            return;
        foreach (var block in blocks.Order())
            _batch.Add(made with { Operation = TraceOperation.Free, Function = TraceFunction.Free, Address = block });
    }

    HashSet<ulong> BlocksOf(ulong heap)
    {
        if (!_heaps.TryGetValue(heap, out var blocks))
            _heaps.Add(heap, blocks = []);
        return blocks;
    }

    uint SiteOf(in EtlOperation o, int tid) => NodeOf(stacks.Find(o.Time, tid));

    /// <summary>The number that a frame of the log has in this trace; its callers are told first.</summary>
    uint NodeOf(uint frame)
    {
        var path = new Stack<uint>();
        var known = 0u;
        for (; frame != 0 && !_nodes.TryGetValue(frame, out known); frame = stacks[frame].Parent)
            path.Push(frame);
        if (frame == 0)
            known = 0;
        while (path.TryPop(out frame))
        {
            var node = new CallNode((uint)_nodes.Count + 1, known, stacks[frame].Pc, ModuleOf(stacks[frame].Pc));
            _batch.Add(node);
            _nodes.Add(frame, known = node.Id);
        }
        return known;
    }

    /// <summary>The last one that begins at or below the address and reaches it.</summary>
    int ModuleOf(ulong pc)
    {
        var (low, high) = (0, _modules.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_modules[middle].Range.Start.Value <= pc)
                low = middle + 1;
            else
                high = middle;
        }
        return low > 0 && _modules[low - 1].Range.Contains(new Address(pc)) ? low - 1 : -1;
    }

    int ThreadOf(int tid)
    {
        if (_threads.TryGetValue(tid, out var known))
            return known;
        var thread = new TraceThread(_threads.Count, tid, "");
        _sink.Thread(thread);
        return _threads[tid] = thread.Index;
    }
}
