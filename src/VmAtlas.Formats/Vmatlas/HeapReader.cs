using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>Makes a heap's report of its tables: the mirror of <see cref="HeapWriter"/>.</summary>
/// <exception cref="InvalidDataException">What is there can not be.</exception>
sealed class HeapReader(FileStrings strings, ReaderLimits limits)
{
    readonly ChunkTable _chunks = new();
    FrameImage? _frame;

    public void ReadReport(ReadOnlySpan<byte> content)
    {
        if (_frame is not null)
            throw new InvalidDataException("the heap is there twice");
        _frame = KeyFrame.Decode(content, limits);
    }

    /// <summary>A part of the chunks; the parts come in order of address.</summary>
    public void ReadChunks(ReadOnlySpan<byte> content)
    {
        var table = FrameReader.Table(KeyFrame.Decode(content, limits), "chunks");
        if (table.Rows > limits.HeapChunks - _chunks.Count)
            throw new InvalidDataException($"more than {limits.HeapChunks} chunks");
        var (gaps, sizes, states) = (table.Find("gap"), table.Find("size"), table.Find("state"));
        var (end, least) = (0UL, _chunks.Count == 0 ? 0 : _chunks.AddressOf(_chunks.Count - 1).Value + 16);
        for (var i = 0; i < table.Rows; i++)
        {
            var (at, size, state) = (unchecked(end + (gaps?[i] ?? 0)), sizes?[i] ?? 0, states?[i] ?? 0);
            if (size < 16 || ((size | at) & 15) != 0 || at < least || at > ulong.MaxValue - size - 16 || state >= ChunkStates.Count)
                throw new InvalidDataException($"a chunk of {size} bytes and state {state} at {new Address(at)}");
            _chunks.Add(at, size, (ChunkState)state);
            (end, least) = (at + size, at + 16);
        }
    }

    public HeapReport ToReport()
    {
        var frame = _frame ?? throw new InvalidDataException("its report is missing");
        var facts = new FactReader(FrameReader.Table(frame, "heap"), strings);
        var problems = FrameReader.ReadProblems(FrameReader.Table(frame, "problems"), strings);
        var stored = facts.Number("chunks");
        if (stored is not null && stored != (ulong)_chunks.Count)
            problems.Add(new Problem("heap-chunks-lost", $"of {stored:#,0} chunks {_chunks.Count:#,0} can be read: the rest was in a damaged part of the file"));
        return new HeapReport
        {
            Allocator = facts.Text("allocator") ?? "",
            Library = facts.Text("library") ?? "",
            Totals = HeapTotalsNames.From(name => facts.Required("totals." + name)),
            InUse = Count(facts, "inUse"),
            Usable = facts.Required("usable"),
            Mapped = Count(facts, "mapped"),
            Arenas = ReadArenas(FrameReader.Table(frame, "arenas"), ReadRanges(FrameReader.Table(frame, "heaps"))),
            Sizes = ReadSizes(FrameReader.Table(frame, "sizes")),
            Chunks = stored == (ulong)_chunks.Count ? _chunks : null,
            Approximate = facts.Required("approximate") != 0,
            Problems = problems,
            Paused = facts.Number("paused") is { } paused ? Ticks(paused) : null,
            Took = Ticks(facts.Number("took") ?? 0),
        };
    }

    static ChunkCount Count(FactReader facts, string name) => new(facts.Required(name + ".chunks"), facts.Required(name + ".bytes"));

    static TimeSpan Ticks(ulong ticks) => new((long)Math.Min(ticks, (ulong)TimeSpan.MaxValue.Ticks));

    static ILookup<ulong, AddressRange> ReadRanges(TableImage table)
    {
        var (arena, start, size) = (table.Find("arena"), table.Find("start"), table.Find("size"));
        return Enumerable.Range(0, table.Rows).ToLookup(i => arena?[i] ?? 0, i =>
        {
            var (from, bytes) = (start?[i] ?? 0, size?[i] ?? 0);
            return bytes <= ulong.MaxValue - from ? AddressRange.Of(from, from + bytes) : throw new InvalidDataException("a heap beyond the last address");
        });
    }

    static List<ArenaReport> ReadArenas(TableImage table, ILookup<ulong, AddressRange> heaps)
    {
        var arenas = new List<ArenaReport>(table.Rows);
        for (var i = 0; i < table.Rows; i++)
        {
            var row = i;
            arenas.Add(new ArenaReport
            {
                Number = i,
                Address = new Address(Of("address")),
                Heaps = [.. heaps[(ulong)i]],
                System = Of("system"),
                InUse = CountOf("inUse"),
                Free = CountOf("free"),
                FastBins = CountOf("fastbins"),
                ThreadCaches = CountOf("tcache"),
                Top = Of("top"),
                LargestFree = Of("largestFree"),
                Trimmable = Of("trimmable"),
                TrimmableResident = table.Find("trimmableResident")?[row],
                Unknown = Of("unknown"),
            });

            ulong Of(string column) => table.Find(column)?[row] ?? 0;
            ChunkCount CountOf(string column) => new(Of(column + ".chunks"), Of(column + ".bytes"));
        }
        return arenas;
    }

    static SizeHistogram ReadSizes(TableImage table)
    {
        var (size, used, free) = (table.Find("size"), table.Find("used"), table.Find("free"));
        var sizes = new SizeHistogram();
        for (var i = 0; i < table.Rows; i++)
        {
            sizes.AddUsed(size?[i] ?? 0, used?[i] ?? 0);
            sizes.AddFree(size?[i] ?? 0, free?[i] ?? 0);
        }
        return sizes;
    }
}
