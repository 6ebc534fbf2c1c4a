using VmAtlas.Model;

namespace VmAtlas.Testing;

/// <summary>A random trace of every operation on blocks and mappings, the same for the same seed; with a small choice of addresses so that they come again.</summary>
public sealed class RandomTrace
{
    const int Sites = 30, Addresses = 500, Threads = 5, Batch = 700;
    const ulong Heap = 0x5555_0000_0000, Maps = 0x7f00_0000_0000;

    readonly Random _random;
    readonly HashSet<ulong> _live = [];
    readonly bool _sampled, _attached;

    public RandomTrace(int seed, int events, bool sampled = false, bool attached = false)
    {
        (_random, _sampled, _attached) = (new Random(seed), sampled, attached);
        Nodes = MakeNodes();
        Events = [.. Enumerable.Range(0, events).Select(Make)];
    }

    public CallNode[] Nodes { get; }

    public TraceEvent[] Events { get; }

    public static TraceModule[] Modules { get; } =
    [
        new TraceModule(0, "/usr/bin/random", AddressRange.Of(0x400000, 0x500000), 0x400000, "00aa"),
        new TraceModule(1, "/lib/librandom.so", AddressRange.Of(0x7f0000000000, 0x7f0000100000), 0x7f0000000000, ""),
    ];

    public TraceProcess Process => new(4711, 0, "random --seed 'ü'", new DateTimeOffset(2025, 3, 1, 12, 0, 0, TimeSpan.Zero), _attached, _sampled ? 4096UL : 0);

    public void Play(ITraceObserver observer)
    {
        var sink = observer.Begin(Process);
        foreach (var module in Modules)
            sink.Module(module);
        for (var thread = 0; thread < Threads; thread++)
            sink.Thread(new TraceThread(thread, 4711 + thread, "thread " + thread));
        sink.Nodes(Nodes);
        for (var at = 0; at < Events.Length; at += Batch)
            sink.Events(Events.AsSpan(at, Math.Min(Batch, Events.Length - at)));
        sink.ThreadName(1, "renamed");
        sink.Dropped(7);
        sink.End(TraceEnding.Killed, 9, (Events.Length == 0 ? 0 : Events[^1].Time) + 5);
    }

    CallNode[] MakeNodes()
    {
        var nodes = new List<CallNode>();
        var id = 0u;
        for (var i = 0; i < Sites * 3; i++)
        {
            id += (uint)_random.Next(1, 4);
            var module = _random.Next(-1, 2);
            var parent = nodes.Count == 0 || _random.Next(8) == 0 ? 0 : nodes[_random.Next(nodes.Count)].Id;
            var pc = (module switch { 0 => 0x400000UL, 1 => 0x7f0000000000, _ => 0x10000000 }) + (ulong)_random.Next(1, 0x10000);
            nodes.Add(new CallNode(id, parent, pc, module, (CallNodeKind)_random.Next(3)));
        }
        return [.. nodes];
    }

    TraceEvent Make(int i)
    {
        var e = new TraceEvent { Time = i * 997_331L + _random.Next(1000), Thread = _random.Next(Threads), Weight = 1 };
        var address = Heap + (ulong)_random.Next(1, Addresses) * 64;
        var choice = _random.Next(100);
        if (choice < 8)
            return Mapping(e);
        if (choice < 14 && _live.Contains(address))
            return Asked(e, TraceOperation.Resize, TraceFunction.Realloc, address) with { OldAddress = address };
        if (_live.Remove(address) || _attached && choice < 20)
            return e with { Operation = TraceOperation.Free, Function = TraceFunction.Free, Address = address };
        _live.Add(address);
        return Asked(e, TraceOperation.Allocate, choice < 50 ? TraceFunction.Malloc : TraceFunction.OperatorNew, address);
    }

    TraceEvent Asked(TraceEvent e, TraceOperation operation, TraceFunction function, ulong address)
    {
        var size = (ulong)_random.Next(0, 5000);
        return e with
        {
            Operation = operation, Function = function, Address = address, Size = size, Site = Site(),
            Weight = _sampled ? 1 / (1 - Math.Exp(-(size + 1.0) / 4096)) : 1,
        };
    }

    uint Site() => _random.Next(20) == 0 ? 0 : Nodes[_random.Next(Nodes.Length)].Id;

    TraceEvent Mapping(TraceEvent e)
    {
        ulong Page(int most) => (ulong)_random.Next(0, most) * 4096;
        e = e with { Address = Maps + Page(64), Size = Page(16) + 4096, Site = Site(), Protection = Protection.Read | Protection.Write };
        return _random.Next(7) switch
        {
            0 or 1 => e with { Operation = TraceOperation.Map, Function = TraceFunction.Mmap },
            2 => e with { Operation = TraceOperation.Unmap, Function = TraceFunction.Munmap, Site = 0, Protection = default },
            3 => e with { Operation = TraceOperation.Remap, Function = TraceFunction.Mremap, OldAddress = Maps + Page(64), OldSize = Page(16) + 4096 },
            4 => e with { Operation = TraceOperation.Protect, Function = TraceFunction.Mprotect, Protection = Protection.Read },
            5 => e with { Operation = TraceOperation.AttachShared, Function = TraceFunction.Shmat, Protection = Protection.Read | Protection.Shared },
            _ => e with { Operation = TraceOperation.MoveBreak, Function = TraceFunction.Brk, OldAddress = Maps + Page(64), Size = 0, Protection = default },
        };
    }
}
