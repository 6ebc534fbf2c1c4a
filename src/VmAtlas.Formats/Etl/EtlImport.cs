using VmAtlas.Model;

namespace VmAtlas.Formats.Etl;

/// <summary>What was read of a log.</summary>
/// <param name="Programs">Processes whose operations were told.</param>
/// <param name="LeftOut">Processes beyond <see cref="EtlImport.MostPrograms"/>, those with the fewest operations.</param>
/// <param name="IsCut">The log ends within a buffer.</param>
public sealed record EtlResult(int Programs, long Operations, int LeftOut, bool IsCut);

/// <summary>The process that logs are of.</summary>
/// <param name="Attached">It ran before.</param>
/// <param name="Value">Its exit code, where it ended.</param>
public readonly record struct EtlTarget(int Process, bool Attached = true, TraceEnding Ending = TraceEnding.Detached, int Value = 0);

/// <summary>Reads an event trace log of Windows (.etl) and tells what its processes did with their heaps and with VirtualAlloc as traces.</summary>
/// <remarks>
/// Heap events are those of the system's heap manager (xperf -heap), VirtualAlloc's those of the kernel (VirtualAlloc). Each may have a call stack. Commits count as mappings; address space
/// that is only reserved does not. Buffers are per processor, so operations are held and put in order. Nothing in a file is believed.
/// </remarks>
public sealed class EtlImport
{
    public const int MostPrograms = 64;
    const int MostOperations = 1 << 24, MostImages = 1 << 20;

    readonly List<EtlOperation> _operations = [];
    readonly List<EtlImage> _images = [];
    readonly EtlStacks _stacks = new();
    readonly EtlTarget? _target;
    EtlClock? _clock;

    EtlImport(EtlTarget? target) => _target = target;

    /// <summary>Whether a file is named as one.</summary>
    public static bool IsNamedSo(string path) => path.EndsWith(".etl", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="VmAtlasException">It is no such log, or has no operation on memory in it.</exception>
    public static EtlResult Read(string path, ITraceObserver observer)
    {
        using var file = FileErrors.Open(path, () => File.OpenRead(path));
        return Read(file, path, observer);
    }

    public static EtlResult Read(Stream file, string name, ITraceObserver observer)
    {
        var import = new EtlImport(null);
        var isWhole = import.TakeAll(file, name);
        return import.Tell(observer, name) with { IsCut = !isWhole };
    }

    /// <summary>Logs of one moment and one clock, of one process: what its tracer recorded. A process that did nothing is told all the same.</summary>
    /// <exception cref="VmAtlasException">One is no such log.</exception>
    public static EtlResult Read(IReadOnlyList<string> logs, EtlTarget target, ITraceObserver observer)
    {
        var (import, areWhole) = (new EtlImport(target), true);
        foreach (var log in logs)
        {
            using var file = FileErrors.Open(log, () => File.OpenRead(log));
            areWhole &= import.TakeAll(file, log);
        }
        import.TellTarget(target, observer);
        return new EtlResult(1, import._operations.Count, LeftOut: 0, IsCut: !areWhole);
    }

    bool TakeAll(Stream file, string name)
    {
        try
        {
            return new EtlBuffers(file).Read(Take);
        }
        catch (InvalidDataException e)
        {
            throw new VmAtlasException(Failure.BadFile, $"{name} is no event trace log that can be read: {e.Message}", e);
        }
    }

    void Take(ReadOnlySpan<byte> buffer)
    {
        while (EtlEvent.TryRead(ref buffer, out var e))
        {
            _clock ??= EtlClock.Of(e);
            if (e.Group == EtlGroup.StackWalk)
                _stacks.Take(e);
            else if (e.Group == EtlGroup.Image && EtlImage.Of(e) is { } image && _images.Count < MostImages)
                _images.Add(image);
            else if (EtlOperation.Of(e, _target?.Process ?? 0) is { } operation)
                Add(operation);
        }
    }

    void Add(EtlOperation operation)
    {
        if (_target is { } target && operation.Process != target.Process)
            return;
        if (_operations.Count == MostOperations)
            throw new InvalidDataException($"it has more than {MostOperations:N0} operations");
        _operations.Add(operation);
    }

    EtlResult Tell(ITraceObserver observer, string name)
    {
        var clock = ClockOf(name);
        if (_operations.Count == 0)
            throw new VmAtlasException(Failure.NotFound, $"{name} has no heap and no VirtualAlloc event in it: xperf -heap, or the kernel flag VirtualAlloc, records them");
        var order = InOrder();
        var programs = Programs(order);
        var images = _images.ToLookup(i => i.Process);
        foreach (var (process, operations) in programs.OrderByDescending(p => p.Operations.Count).ThenBy(p => p.Process).Take(MostPrograms))
            new EtlProgram(new EtlTarget(process), images[process], _stacks, clock).Tell(operations, _operations, observer);
        return new EtlResult(Math.Min(programs.Count, MostPrograms), _operations.Count, Math.Max(0, programs.Count - MostPrograms), IsCut: false);
    }

    void TellTarget(in EtlTarget target, ITraceObserver observer) =>
        new EtlProgram(target, _images.Where(ImageIsOf(target.Process)), _stacks, ClockOf("its log")).Tell(InOrder(), _operations, observer);

    static Func<EtlImage, bool> ImageIsOf(int process) => image => image.Process == process;

    EtlClock ClockOf(string name) => _clock ?? throw new VmAtlasException(Failure.BadFile, $"{name} is no event trace log that can be read: it is empty");

    /// <summary>Numbers of the operations by process, then by time; those of one moment as they came.</summary>
    int[] InOrder()
    {
        var order = new int[_operations.Count];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        Array.Sort(order, (a, b) =>
        {
            var (first, second) = (_operations[a], _operations[b]);
            return first.Process != second.Process ? first.Process.CompareTo(second.Process)
                : first.Time != second.Time ? first.Time.CompareTo(second.Time)
                : a.CompareTo(b);
        });
        return order;
    }

    List<(int Process, ArraySegment<int> Operations)> Programs(int[] order)
    {
        var programs = new List<(int, ArraySegment<int>)>();
        for (int start = 0, i = 1; i <= order.Length; i++)
        {
            var process = _operations[order[start]].Process;
            if (i < order.Length && _operations[order[i]].Process == process)
                continue;
            programs.Add((process, new ArraySegment<int>(order, start, i - start)));
            start = i;
        }
        return programs;
    }
}
