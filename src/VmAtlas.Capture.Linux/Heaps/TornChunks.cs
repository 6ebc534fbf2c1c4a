using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>What did not fit in a walk: the first few in words, all in number.</summary>
sealed class TornChunks
{
    const int MaxInWords = 8;

    readonly List<Problem> _problems = [];

    public int Count { get; private set; }

    /// <summary>The target was seen to change the heap during the walk.</summary>
    public bool Moved { get; set; }

    public void Add(GlibcArena arena, ulong chunk, string what)
    {
        if (Count++ < MaxInWords)
            _problems.Add(new Problem("heap-chunk", $"arena {arena.Number}: the chunk at {new Address(chunk)} {what}"));
    }

    public IEnumerable<Problem> Problems =>
        Count <= MaxInWords ? _problems : _problems.Append(new Problem("heap-chunk", $"and {Count - MaxInWords:#,0} more chunks like these"));
}
