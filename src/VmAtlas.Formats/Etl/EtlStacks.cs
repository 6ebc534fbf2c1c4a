using System.Runtime.InteropServices;

namespace VmAtlas.Formats.Etl;

/// <summary>Call stacks of a log: each is told behind its event, by the moment and the thread, either itself or by a key whose stack is told later.</summary>
sealed class EtlStacks
{
    const int MostNodes = 1 << 24, MostFrames = 512;
    const byte Stack = 32, KeyDeleted = 35, KeyRundown = 36, KeyKernel = 37, KeyUser = 38;
    const ulong KernelHalf = 1UL << 63;

    readonly Dictionary<(uint Parent, ulong Pc), uint> _known = [];
    readonly List<(uint Parent, ulong Pc)> _nodes = [default];
    readonly Dictionary<(long Time, int Thread), uint> _byMoment = [];
    readonly Dictionary<(long Time, int Thread), ulong> _keyByMoment = [];
    readonly Dictionary<long, int> _threadAt = [];
    readonly Dictionary<ulong, List<(long Time, uint Node)>> _byKey = [];

    /// <summary>A frame: its caller's number (0 for none) and its return address.</summary>
    public (uint Parent, ulong Pc) this[uint node] => _nodes[(int)node];

    public void Take(in EtlEvent e)
    {
        if (e.Type is KeyDeleted or KeyRundown)
            Define(e);
        else if (e.Type is Stack or KeyKernel or KeyUser && e.Payload.Length >= 16)
            TakeReference(e);
    }

    /// <summary>The stack of an event, 0 where there is none.</summary>
    public uint Find(long time, int thread) =>
        _byMoment.TryGetValue((time, thread), out var node) ? node
        : _keyByMoment.TryGetValue((time, thread), out var key) ? ByKey(key, time)
        : 0;

    /// <summary>The thread of an event that does not say it, by its stack; 0 where that is not known either, or two threads had a stack at that very moment.</summary>
    public int ThreadAt(long time) => _threadAt.GetValueOrDefault(time);

    /// <summary>A key is given to another stack once it was deleted: the first definition behind the event counts.</summary>
    uint ByKey(ulong key, long time)
    {
        if (!_byKey.TryGetValue(key, out var definitions))
            return 0;
        foreach (var (defined, node) in definitions)
        {
            if (defined >= time)
                return node;
        }
        return 0;
    }

    /// <summary>Time of the event 8, process 4, thread 4; then the addresses, or the key.</summary>
    void TakeReference(in EtlEvent e)
    {
        var (time, thread) = (MemoryMarshal.Read<long>(e.Payload), e.Int(0, 12));
        if (_threadAt.Count >= MostNodes)
            return;
        if (!_threadAt.TryAdd(time, thread) && _threadAt[time] != thread)
            _threadAt[time] = 0;
        if (e.Type == Stack)
        {
            if (NodeOf(e, 16) is not 0 and var node)
                _byMoment[(time, thread)] = node;
        }
        else if (e.Type == KeyUser)
        {
            _keyByMoment[(time, thread)] = e.Pointer(0, 16);
        }
    }

    void Define(in EtlEvent e)
    {
        if (NodeOf(e, e.PointerBytes) is not (not 0 and var node))
            return;
        if (!_byKey.TryGetValue(e.Pointer(0), out var definitions))
            _byKey.Add(e.Pointer(0), definitions = []);
        definitions.Add((e.Time, node));
        for (var i = definitions.Count - 1; i > 0 && definitions[i].Time < definitions[i - 1].Time; i--)
            (definitions[i], definitions[i - 1]) = (definitions[i - 1], definitions[i]);
    }

    /// <summary>The program's part of a stack, which is told innermost first.</summary>
    uint NodeOf(in EtlEvent e, int start)
    {
        var frames = Math.Min((e.Payload.Length - start) / e.PointerBytes, MostFrames);
        var node = 0u;
        for (var i = frames - 1; i >= 0; i--)
        {
            var pc = e.Pointer(i, start);
            if (pc == 0 || pc >= KernelHalf || _nodes.Count >= MostNodes)
                continue;
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_known, (node, pc), out var exists);
            if (!exists)
            {
                known = (uint)_nodes.Count;
                _nodes.Add((node, pc));
            }
            node = known;
        }
        return node;
    }
}
