using VmAtlas.Model;

namespace VmAtlas.Formats.Etl;

/// <summary>What was read of a log.</summary>
/// <param name="Programs">Processes whose operations were told.</param>
/// <param name="LeftOut">Processes beyond <see cref="EtlImport.MostPrograms"/>, those with the fewest operations.</param>
/// <param name="IsCut">The log ends within a buffer.</param>
public sealed record EtlResult(int Programs, long Operations, int LeftOut, bool IsCut);

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
    EtlClock? _clock;

    EtlImport()
    {
    }

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
        var import = new EtlImport();
        try
        {
            var isWhole = new EtlBuffers(file).Read(import.Take);
            return import.Tell(observer, name) with { IsCut = !isWhole };
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
            else if (EtlOperation.Of(e) is { } operation)
                Add(operation);
        }
    }

    void Add(EtlOperation operation)
    {
        if (_operations.Count == MostOperations)
            throw new InvalidDataException($"it has more than {MostOperations:N0} operations");
        _operations.Add(operation);
    }

    EtlResult Tell(ITraceObserver observer, string name)
    {
        var clock = _clock ?? throw new InvalidDataException("it is empty");
        if (_operations.Count == 0)
            throw new VmAtlasException(Failure.NotFound, $"{name} has no heap and no VirtualAlloc event in it: xperf -heap, or the kernel flag VirtualAlloc, records them");
        var order = InOrder();
        var programs = Programs(order);
        var images = _images.ToLookup(i => i.Process);
        foreach (var (process, operations) in programs.OrderByDescending(p => p.Operations.Count).ThenBy(p => p.Process).Take(MostPrograms))
            new EtlProgram(process, images[process], _stacks, clock).Tell(operations, _operations, observer);
        return new EtlResult(Math.Min(programs.Count, MostPrograms), _operations.Count, Math.Max(0, programs.Count - MostPrograms), IsCut: false);
    }

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
