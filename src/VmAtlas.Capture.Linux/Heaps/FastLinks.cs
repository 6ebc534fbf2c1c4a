using System.Runtime.CompilerServices;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Chunks of one heap that could be on a list of freed ones, each with the address its link leads to.</summary>
/// <remarks>
/// A fastbin's list runs through the whole heap, so to follow it in the target's memory is to read the heap a second time. The walk has
/// every chunk's first word at hand: those that could be a link are kept, 12 bytes each, and the lists are followed here. What the program
/// wrote may look like a link by chance; it does no harm, because no list leads there. What does not fit (a link that leads 32 GiB away) is not noted.
/// </remarks>
/// <param name="start">Where the heap begins.</param>
/// <param name="arenas">From the lowest heap of any arena to the end of the highest.</param>
/// <param name="mangled">Whether links are, see <see cref="FreeLists"/>.</param>
/// <param name="chunks">The table whose rows are noted, if there is one.</param>
sealed class FastLinks(ulong start, AddressRange arenas, bool mangled, ChunkTable? chunks)
{
    const int NoNext = int.MinValue, Taken = int.MaxValue;
    const ulong MinSize = 32;

    /// <summary>The largest chunk that a fastbin can be made to hold.</summary>
    public const ulong LargestSize = MinSize + 16 * (ArenaHeader.FastBins - 1);

    /// <summary>In the place of a first word that is not at hand: no link, mangled or not.</summary>
    public const ulong Unknown = ulong.MaxValue;

    /// <param name="At">Where the chunk begins, in 16 bytes from the heap's start.</param>
    /// <param name="Next">Where its link leads, likewise; a taken one's is <see cref="Taken"/>.</param>
    /// <param name="Row">In the table of chunks.</param>
    record struct Link(uint At, int Next, int Row);

    /// <summary>Those of one size, in order of address: where a list leads from one to its neighbour the next one is found at once.</summary>
    sealed class Bin
    {
        const int PieceShift = 14, PieceRows = 1 << PieceShift;

        readonly List<Link[]> _pieces = [];
        int _count, _last;

        public void Add(Link link)
        {
            if (_count >> PieceShift == _pieces.Count)
                _pieces.Add(GC.AllocateUninitializedArray<Link>(PieceRows));
            _pieces[_count >> PieceShift][_count & PieceRows - 1] = link;
            _count++;
        }

        public ref Link At(int i) => ref _pieces[i >> PieceShift][i & PieceRows - 1];

        public int Find(uint at)
        {
            // Blocks freed in the order they were got in make a list that leads from each to the one before.
            var last = _last;
            if (last > 0 && At(last - 1).At == at)
                return _last = last - 1;
            return Search(at);
        }

        /// <summary>Binary search between bounds that widen from the row found last; -1 when it is not there.</summary>
        int Search(uint at)
        {
            if (_count == 0)
                return -1;
            var (low, high) = (_last, _last + 1);
            for (var step = 1; low > 0 && At(low).At > at; step *= 2)
                (low, high) = (Math.Max(0, low - step), low);
            for (var step = 1; high < _count && At(high).At <= at; step = Math.Min(step * 2, 1 << 28))
                (low, high) = (high, (int)Math.Min(_count, (long)high + step));
            while (high - low > 1)
            {
                var middle = low + (high - low) / 2;
                if (At(middle).At > at)
                    high = middle;
                else
                    low = middle;
            }
            _last = low;
            return At(low).At == at ? low : -1;
        }
    }

    readonly Bin[] _bins = [.. Enumerable.Range(0, ArenaHeader.FastBins).Select(_ => new Bin())];

    /// <summary>Notes a chunk if its first word could be a link; for the one added to the table last.</summary>
    /// <param name="size">At most <see cref="LargestSize"/>.</param>
    /// <param name="word">The first word of its block, or <see cref="Unknown"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Note(ulong chunk, ulong size, ulong word)
    {
        var next = mangled ? word ^ chunk + 16 >> 12 : word;
        if ((next & 15) == 0 && (next == 0 || IsInArenas(next)))
            Add(chunk, size, next);
    }

    bool IsInArenas(ulong address) => unchecked(address - arenas.Start.Value) < arenas.Size.Bytes;

    void Add(ulong chunk, ulong size, ulong next)
    {
        var (at, to) = ((long)(chunk - start >> 4), next == 0 ? NoNext : unchecked((long)(next - start)) >> 4);
        if (at <= uint.MaxValue && (next == 0 || to is > NoNext and < Taken))
            _bins[size - MinSize >> 4].Add(new Link((uint)at, (int)to, chunks is null ? -1 : chunks.Count - 1));
    }

    /// <summary>Takes a chunk and what its list leads on to, as long as each was noted with this size and not taken before.</summary>
    /// <param name="state">What they are in the table from now on.</param>
    /// <param name="next">Where the list leads behind the last one; 0 at its end. The chunk itself when it can not be taken.</param>
    /// <returns>How many were taken.</returns>
    public ulong TakeList(ulong chunk, ulong size, ChunkState state, out ulong next)
    {
        var count = 0UL;
        for (next = chunk; next != 0 && TryTake(next, size, out var row, out var after); next = after, count++)
        {
            if (row >= 0)
                chunks?.SetState(row, state);
        }
        return count;
    }

    /// <summary>Takes a chunk that another list led to, if it was noted.</summary>
    public void Take(ulong chunk, ulong size) => TryTake(chunk, size, out _, out _);

    bool TryTake(ulong chunk, ulong size, out int row, out ulong next)
    {
        (row, next) = (-1, 0);
        if (size > LargestSize || chunk - start >> 4 is var at && at > uint.MaxValue)
            return false;
        var bin = _bins[size - MinSize >> 4];
        var i = bin.Find((uint)at);
        if (i < 0)
            return false;
        ref var link = ref bin.At(i);
        if (link.Next == Taken)
            return false;
        (row, next) = (link.Row, link.Next == NoNext ? 0 : unchecked(start + (ulong)((long)link.Next << 4)));
        link.Next = Taken;
        return true;
    }

    /// <summary>Whether the chunk was noted and taken.</summary>
    public bool IsTaken(ulong chunk, ulong size)
    {
        var bin = _bins[size - MinSize >> 4];
        return chunk - start >> 4 is <= uint.MaxValue and var at && bin.Find((uint)at) is >= 0 and var i && bin.At(i).Next == Taken;
    }
}
