using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Where glibc's malloc keeps its memory: found without symbols, by the shape of what it writes.</summary>
/// <remarks>
/// The main arena is looked for in the writable data of libc, then of the program (linked statically), then of everything else: a word that
/// points to a chunk in private anonymous memory and is followed by 127 pairs of bin pointers. The other arenas follow by
/// malloc's own ring. Wrong when a program plants such a shape on purpose; then only names and figures of its own report are wrong. Not found
/// before malloc's first use, in 32-bit programs, and where another malloc took its place. A second copy of libc (dlmopen) is not looked for.
/// The target runs on after its mappings were read: its heaps may have grown and its arenas become more, which the shape allows for.
/// </remarks>
public sealed class GlibcArenas
{
    /// <summary>A process has at most 8 arenas a core unless told otherwise; more than this is not believed.</summary>
    public const int MaxArenas = 65536;

    const long MaxDataBytes = 64 << 20;
    const int MaxHeaps = 1 << 20;

    /// <summary>Above what any x86-64 or arm64 kernel gives a process: 57 bits with five levels of page tables, half of them its own.</summary>
    const ulong HighestAddress = 1UL << 56;

    /// <summary>Heaps of 64 MiB, unless malloc uses huge pages.</summary>
    const int UsualHeapShift = 26;

    /// <summary>Mappings of data looked through: a process that maps tens of thousands of files privately has no libc among them.</summary>
    const int MaxDataMappings = 512;

    readonly BlockTable _mappings;
    readonly StringTable _strings;
    readonly IMemorySource _memory;
    readonly WordCache _words;
    readonly Func<ulong, bool> _couldBeChunk;
    readonly int _break;

    GlibcArenas(BlockTable mappings, StringTable strings, IMemorySource memory)
    {
        (_mappings, _strings, _memory, _words) = (mappings, strings, memory, new WordCache(memory, WordCache.Scattered));
        _break = HeapMappings.Break(mappings, strings);
        _couldBeChunk = a => HeapMappings.Holding(_mappings, a) >= 0 || HeapMappings.HasRoomFor(_mappings, _break, a);
    }

    /// <summary>The main arena first.</summary>
    public IReadOnlyList<GlibcArena> Arenas { get; private set; } = [];

    /// <summary>The object whose data holds the main arena.</summary>
    public string Library { get; private set; } = "";

    public IReadOnlyList<Problem> Problems => _problems;

    internal MallocParameters? Parameters { get; private set; }

    readonly List<Problem> _problems = [];

    /// <summary>The arenas of a process; null when no main arena is there.</summary>
    public static GlibcArenas? Find(BlockTable mappings, StringTable strings, IMemorySource memory)
    {
        var arenas = new GlibcArenas(mappings, strings, memory);
        return arenas.FindMain() ? arenas : null;
    }

    /// <summary>An arena that malloc's ring leads to, and its words from <c>top</c> on.</summary>
    sealed record RingArena(ulong Address, int TopOffset, ulong[] Header);

    bool FindMain()
    {
        var left = MaxDataBytes;
        foreach (var row in HeapMappings.WritableData(_mappings, _strings).Take(MaxDataMappings))
        {
            var size = _mappings.Ends[row] - _mappings.Starts[row];
            if (size > (ulong)left)
                continue;
            left -= (long)size;
            var data = HeapMappings.ReadWords(_memory, _mappings.Range(row));
            if (FindTopField(data, _mappings.Starts[row]) is not { } at)
                continue;
            Library = _strings[_mappings.Names[row]];
            FollowRing(_mappings.Starts[row] + (ulong)at * 8, data);
            return Arenas.Count > 0;
        }
        return false;
    }

    /// <summary>Index of the word that is the main arena's <c>top</c>. One whose chunk ends at a page border as tops do is taken before one whose
    /// size is damaged.</summary>
    int? FindTopField(ReadOnlySpan<ulong> data, ulong start)
    {
        int? damaged = null;
        // From the end: one pair of bins too early the shape fits as well, when the two words before it happen to be chunks.
        for (var i = data.Length - ArenaHeader.Words; i >= 0; i--)
        {
            var (top, address) = (data[i], start + (ulong)i * 8);
            // Before malloc's first use the top is the header itself, which need not lie as chunks do.
            if ((top & 15) != 0 && top != address || top == 0 || !ArenaHeader.HasBins(data[i..], address, _couldBeChunk))
                continue;
            if (top == address || IsTop(top))
                return i;
            if (_couldBeChunk(top))
                damaged ??= i;
        }
        return damaged;
    }

    bool IsTop(ulong top) =>
        HeapMappings.Holding(_mappings, top) is >= 0 and var row && _words.TryRead(top + 8, out var size)
        && (unchecked(top + (size & ~7UL)) & 4095) == 0 && size <= HeapMappings.RunEnd(_mappings, row) - top + 7;

    void FollowRing(ulong mainTop, ulong[] data)
    {
        var (arenas, seen) = (new List<RingArena>(), new HashSet<ulong>());
        var header = ReadHeader(mainTop);
        var next = header[ArenaHeader.Next / 8];
        while (!IsMain(next, mainTop) && arenas.Count < MaxArenas && seen.Add(next) && TopOffsetOf(next) is { } offset)
        {
            var other = ReadHeader(next + (ulong)offset);
            arenas.Add(new RingArena(next, offset, other));
            next = other[ArenaHeader.Next / 8];
        }
        var closed = IsMain(next, mainTop);
        if (!closed)
            _problems.Add(new Problem("heap-ring", $"malloc's ring of arenas leads to {new Address(next)}, {WhyNoArena(next)}: arenas may be missing"));
        var mainOffset = arenas.Count > 0 ? arenas[0].TopOffset : closed ? (int)(mainTop - next) : 96;
        var found = new List<GlibcArena> { Main(mainTop, mainOffset, header, data) };
        foreach (var (address, offset, words) in arenas)
        {
            if (HeapMappings.Holding(_mappings, address) >= 0)
                found.Add(Secondary(found.Count, address, offset, words));
            else
                _problems.Add(new Problem("heap-new-arena", $"the arena at {new Address(address)} was made after the mappings were read"));
        }
        Arenas = found;
    }

    string WhyNoArena(ulong address)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        return _couldBeChunk(address) && _memory.Read(new Address(address), word) == 0 ? "which is not in memory" : "where no arena is";
    }

    /// <summary>The ring closes at the main arena's own start, a little before its <c>top</c>.</summary>
    static bool IsMain(ulong next, ulong mainTop) => next <= mainTop && mainTop - next <= 160;

    /// <summary>An arena made after the mappings were read stands first in the ring, before all others: where it is nothing is known to be, and its
    /// own first heap must do.</summary>
    int? TopOffsetOf(ulong arena)
    {
        if ((arena & 7) != 0 || arena >= HighestAddress)
            return null;
        bool CouldBeChunk(ulong address) => _couldBeChunk(address) || (address ^ arena) >> UsualHeapShift == 0;
        for (var offset = 160; offset >= 0; offset -= 8)
        {
            if (ArenaHeader.HasBins(ReadHeader(arena + (ulong)offset), arena + (ulong)offset, CouldBeChunk))
                return offset;
        }
        return null;
    }

    /// <summary>The words from <c>top</c> on; zeros where memory is absent.</summary>
    internal ulong[] ReadHeader(ulong topField)
    {
        var words = new ulong[ArenaHeader.Words];
        _memory.Read(new Address(topField), MemoryMarshal.AsBytes(words.AsSpan()));
        return words;
    }

    GlibcArena Main(ulong topField, int topOffset, ulong[] header, ulong[] data)
    {
        var heaps = new List<GlibcHeap>();
        var top = header[0];
        var heapRow = _break;
        var range = heapRow < 0 ? default : Run(heapRow);
        Parameters = MallocParameters.Find(data, range.Start.Value, range.End.Value);
        if (heapRow >= 0 && top != topField)
        {
            var first = Parameters?.FirstBreak ?? range.Start.Value;
            heaps.Add(new GlibcHeap(range, new Address(first + 15 & ~15UL), range.Contains(new Address(top)), IsBreak: true, range.End));
        }
        // Where the break could not grow, the main arena goes on in memory it maps.
        if (HeapMappings.Holding(_mappings, top) is >= 0 and var row && !range.Contains(new Address(top)))
            heaps.Add(new GlibcHeap(Run(row), _mappings.Range(row).Start, HasTop: true, IsBreak: false, Run(row).End));
        return new GlibcArena
        {
            Number = 0, Address = new Address(topField - (ulong)topOffset), TopOffset = topOffset, Header = header, Heaps = heaps,
        };
    }

    AddressRange Run(int row) => AddressRange.Of(_mappings.Starts[row], HeapMappings.RunEnd(_mappings, row));

    GlibcArena Secondary(int number, ulong address, int topOffset, ulong[] header)
    {
        var heaps = new List<GlibcHeap>();
        var seen = new HashSet<ulong>();
        var info = HeapInfoOf(header[0], address, out var reserve);
        var top = info;
        while (info != 0 && seen.Count < MaxHeaps && seen.Add(info) && TryReadHeap(info, out var arena, out var previous, out var size))
        {
            if (arena != address)
                break;
            var row = HeapMappings.Holding(_mappings, info);
            if (row < 0)
            {
                // Mapped after the mappings were read.
                info = previous;
                continue;
            }
            var end = Math.Min(size > ulong.MaxValue - info ? ulong.MaxValue : info + size, HeapMappings.RunEnd(_mappings, row));
            heaps.Add(new GlibcHeap(AddressRange.Of(info, end), FirstChunk(info, address, topOffset), info == top, IsBreak: false,
                new Address(info + reserve)));
            info = previous;
        }
        if (info != 0 || heaps.Count == 0)
            _problems.Add(new Problem("heap-chain", $"arena {number} at {new Address(address)} has a heap header that can not be read or is damaged"));
        heaps.Sort((a, b) => a.Range.Start.CompareTo(b.Range.Start));
        return new GlibcArena { Number = number, Address = new Address(address), TopOffset = topOffset, Header = header, Heaps = heaps };
    }

    /// <summary>An arena's first heap holds <c>heap_info</c>, then the arena, then chunks; its other heaps chunks right after heap_info.</summary>
    static Address FirstChunk(ulong info, ulong arena, int topOffset)
    {
        var own = arena > info && arena - info <= 128;
        if (own)
            return new Address(arena + (ulong)topOffset + ArenaHeader.Bytes + 15 & ~15UL);
        return new Address(info + HeapInfoBytes(arena));
    }

    /// <summary>sizeof(heap_info), 32 or since 2.35 48 bytes: how far the arena lies from the border of its own first heap.</summary>
    static ulong HeapInfoBytes(ulong arena) => arena & 0xfff;

    /// <summary>The heap that holds a chunk: at a border of HEAP_MAX_SIZE, which is 64 MiB, or depends on the huge page size where malloc is told to
    /// use huge pages.</summary>
    ulong HeapInfoOf(ulong chunk, ulong arena, out ulong reserve)
    {
        foreach (var shift in (ReadOnlySpan<int>)[UsualHeapShift, 20, 21, 22, 23, 24, 25, 27, 28, 29, 30, 31, 32, 33, 34, 35])
        {
            reserve = 1UL << shift;
            var info = chunk & ~(reserve - 1);
            if (_words.TryRead(info, out var owner) && owner == arena)
                return info;
        }
        reserve = 0;
        return 0;
    }

    bool TryReadHeap(ulong info, out ulong arena, out ulong previous, out ulong size)
    {
        (previous, size) = (0, 0);
        return _words.TryRead(info, out arena) && _words.TryRead(info + 8, out previous) && _words.TryRead(info + 16, out size);
    }
}
