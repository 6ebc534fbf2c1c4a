using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Blocks so large that malloc maps each by itself.</summary>
/// <remarks>
/// Evidence: private anonymous memory that starts with a chunk header whose flag says "mapped" alone and whose size, with what lies before it,
/// is whole pages, or lacks a header's worth of them (after 2.42). Neighbours merge into one mapping, so the search goes on at the end of each. Where malloc's own count
/// says that some are missing (other memory merged in front of them), every page is looked at. Wrong where a program's own
/// pages begin with such a pair of words; the count then disagrees.
/// </remarks>
static class MappedChunks
{
    const ulong PageBytes = 4096, HeaderBytes = 16;
    const ulong ScanLimit = 1UL << 30;

    /// <param name="Row">The mapping.</param>
    /// <param name="Size">Chunk size.</param>
    /// <param name="Whole">Bytes that were mapped for it: what lies before it and, after 2.42, a header's worth behind it are not in its size.</param>
    public readonly record struct Found(int Row, ulong Address, ulong Size, ulong Whole);

    /// <param name="known">How many malloc says there are; null when that is not known.</param>
    /// <param name="arenas">Where in a row the first heap of an arena begins: the kernel merges it with chunks mapped in front of it.</param>
    public static List<Found> Find(BlockTable mappings, StringTable strings, IMemorySource memory, ulong? known, IReadOnlyDictionary<int, ulong> arenas)
    {
        var found = new List<Found>();
        if (known == 0)
            return found;
        var rests = new List<(int Row, AddressRange Left)>();
        for (var row = 0; row < mappings.Count; row++)
        {
            if (!CouldHold(mappings, strings, row))
                continue;
            var (at, end) = (mappings.Starts[row], arenas.GetValueOrDefault(row, mappings.Ends[row]));
            while (at < end && TryRead(mappings, memory, row, at, out var chunk))
            {
                found.Add(chunk);
                at += chunk.Whole;
            }
            if (at < end)
                rests.Add((row, AddressRange.Of(at, end)));
        }
        if (known > (ulong)found.Count)
            Scan(mappings, memory, known.Value, rests, found);
        found.Sort((a, b) => a.Address.CompareTo(b.Address));
        return found;
    }

    /// <summary>Looks at the start of every page in memory, until all that malloc counts are found.</summary>
    static void Scan(BlockTable mappings, IMemorySource memory, ulong known, List<(int Row, AddressRange Left)> rests, List<Found> found)
    {
        var left = ScanLimit;
        foreach (var (row, range) in rests)
        {
            for (var at = range.Start.Value; at < range.End.Value && (ulong)found.Count < known && left > 0; left -= PageBytes)
            {
                if (TryRead(mappings, memory, row, at, out var chunk))
                {
                    found.Add(chunk);
                    at += chunk.Whole;
                }
                else
                {
                    at += PageBytes;
                }
            }
        }
    }

    public static bool CouldHold(BlockTable mappings, StringTable strings, int row)
    {
        if (!HeapMappings.IsAnonymous(mappings, row) || (mappings.Protections[row] & Protection.Execute) != 0)
            return false;
        if (mappings.Has(Measure.TotalWs) && mappings.Get(Measure.TotalWs, row) == 0)
            return false;
        var name = strings.Utf8(mappings.Names[row]);
        return name.IsEmpty || name.StartsWith("[anon:"u8);
    }

    public static bool TryRead(BlockTable mappings, IMemorySource memory, int row, ulong at, out Found chunk)
    {
        chunk = default;
        Span<ulong> words = stackalloc ulong[2];
        if (at + 16 > mappings.Ends[row] || memory.Read(new Address(at), MemoryMarshal.AsBytes(words)) < 16)
            return false;
        var (lead, size) = (words[0], words[1] & ~7UL);
        if ((words[1] & 7) != 2 || lead >= PageBytes || (size & 15) != 0 || size < 32 || size > mappings.Ends[row] - at)
            return false;
        var whole = (size + lead & PageBytes - 1) == 0 ? size + lead : size + lead + HeaderBytes;
        if ((whole & PageBytes - 1) != 0 || lead > size || whole > mappings.Ends[row] - at)
            return false;
        chunk = new Found(row, at, size, whole);
        return true;
    }
}
