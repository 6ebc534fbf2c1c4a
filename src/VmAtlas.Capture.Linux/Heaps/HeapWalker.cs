using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Goes from chunk to chunk through a heap. A chunk's header says how long it is; the header after it, whether it is free.</summary>
/// <remarks>
/// <code>
///   chunk +0  size of the chunk before, if that is free
///         +8  size | 4: not of the main arena | 2: mapped by itself | 1: the chunk before is in use
///        +16  the block that the program got
/// </code>
/// What lies in fastbins and thread caches looks in use here; <see cref="FreeLists"/> sorts it out afterwards. A header that can not be is
/// looked at again (a running target may just have written it), then stepped over: the walk goes on where a row of sound headers begins.
/// </remarks>
sealed class HeapWalker(IMemorySource memory, SizeHistogram sizes, ChunkTable? chunks, Residency? residency, TornChunks torn) : IDisposable
{
    const ulong PreviousInUse = 1, IsMapped = 2, NotMain = 4, FlagMask = 7;
    const ulong MinSize = 32, FenceSize = 16, PageMask = 4095;

    readonly ChunkStream _stream = new(memory);
    readonly FreshHeaders _fresh = new(memory);
    readonly List<ulong> _threadCaches = [];

    /// <summary>A target has as many thread caches as threads; a program full of blocks that look like one is not followed further.</summary>
    public const int MaxThreadCaches = 1 << 20;

    ArenaTally _tally = null!;
    FastLinks? _links;
    ulong _end, _top, _at, _openAt, _openSize, _openWord;

    /// <summary>Chunks that may be a thread's cache.</summary>
    public IReadOnlyList<ulong> ThreadCaches => _threadCaches;

    public void Dispose() => _stream.Dispose();

    /// <param name="number">Of the heap in its arena.</param>
    public void Walk(ArenaTally tally, int number, CancellationToken cancellation)
    {
        var heap = tally.Arena.Heaps[number];
        (_tally, _links) = (tally, tally.Links[number]);
        _stream.Forget();
        (_at, _end) = (heap.FirstChunk.Value, heap.Range.End.Value);
        (_top, _openSize) = (heap.HasTop ? tally.Arena.Top.Value : 0, 0);
        while (_at < _end && Window())
            cancellation.ThrowIfCancellationRequested();
        if (_openSize == 0)
            return;
        // No header follows the last chunk, so it is a top that took its neighbour in meanwhile, or nothing that could be told.
        if (heap.HasTop && _openAt < _top)
            TakeOpenAsTop();
        else
            tally.Unknown += _openSize;
    }

    /// <summary>Walks to the end of what the stream holds; false when the heap is done.</summary>
    bool Window()
    {
        var words = _stream.From(_at, _end);
        if (words.IsEmpty)
            return GoOn("is not in memory");
        var used = new ChunkCount();
        var more = Walk(words, ref used);
        _tally.InUse += used;
        return more;
    }

    bool Walk(ReadOnlySpan<ulong> words, ref ChunkCount used)
    {
        var wrong = IsMapped | (_tally.Arena.IsMain ? NotMain : 0);
        for (var i = 1; i < words.Length;)
        {
            var head = words[i];
            if (_openSize != 0)
            {
                if ((head & PreviousInUse) != 0)
                    used += CloseUsed();
                else
                    CloseFree(words[i - 1]);
            }
            var size = head & ~FlagMask;
            if (_at == _top && !TopHasMoved(size))
                return TakeTop(size);
            if (size < MinSize || (size & 15) != 0 || size > _end - _at || (head & wrong) != 0)
                return IsFence(head) && (_tally.Arena.IsMain || _top == 0) ? PassFence() : GoOn($"has the size {size:#,0} (0x{head:x})");
            if (ThreadCacheLayout.IsPossible(size))
                NoteThreadCache(words[(i - 1)..], size);
            (_openAt, _openSize, _openWord) = (_at, size, (uint)(i + 1) < (uint)words.Length ? words[i + 1] : FastLinks.Unknown);
            _at += size;
            if (size > (ulong)(words.Length - i) * 8)
                return true;
            i += (int)(size >> 3);
        }
        return true;
    }

    /// <summary>The header behind the open chunk says that it is in use, as the program's or in a list that does not show here.</summary>
    ChunkCount CloseUsed()
    {
        var size = _openSize;
        _openSize = 0;
        sizes.AddUsed(size);
        chunks?.Add(_openAt, size, ChunkState.InUse);
        if (_links is not null && size <= FastLinks.LargestSize)
            _links.Note(_openAt, size, _openWord);
        return new ChunkCount(1, size);
    }

    void CloseFree(ulong sizeBefore)
    {
        var size = _openSize;
        _openSize = 0;
        if (sizeBefore != size)
            torn.Add(_tally.Arena, _openAt, $"is {size:#,0} bytes and free, but the chunk behind it says {sizeBefore:#,0}");
        _tally.Free += new ChunkCount(1, size);
        _tally.LargestFree = Math.Max(_tally.LargestFree, size);
        sizes.AddFree(size);
        chunks?.Add(_openAt, size, ChunkState.Free);
        // malloc_trim gives back the whole pages behind the six words malloc keeps in a free chunk.
        AddTrimmable(_openAt + 48 + PageMask & ~PageMask, _openAt + size & ~PageMask);
    }

    /// <summary>A top ends where its heap does, at the border of a page. If what was the top does not, the target has cut chunks from it.</summary>
    bool TopHasMoved(ulong size)
    {
        if ((unchecked(_at + size) & PageMask) == 0 || !_fresh.TryReadTop(_tally.Arena, out var now) || now == _top)
            return false;
        _top = now;
        torn.Moved = true;
        return true;
    }

    bool TakeTop(ulong size)
    {
        if (size > _end - _at || size < 16)
        {
            torn.Add(_tally.Arena, _at, $"is the top and has the size {size:#,0}, but its heap ends {_end - _at:#,0} bytes behind it");
            size = _end - _at;
        }
        _tally.Top = size;
        chunks?.Add(_at, size, ChunkState.Top);
        if (_tally.Arena.IsMain && size > MinSize + 1)
            AddTrimmable(_at + size - (size - MinSize - 1 & ~PageMask), _at + size);
        return false;
    }

    void TakeOpenAsTop()
    {
        (_at, torn.Moved) = (_openAt, true);
        TakeTop(_openSize);
    }

    void AddTrimmable(ulong start, ulong end)
    {
        if (end <= start)
            return;
        _tally.Trimmable += end - start;
        if (residency is not null)
            _tally.TrimmableResident += residency.Resident(start, end);
    }

    /// <summary>Two headers too small for chunks end a part of an arena that goes on elsewhere.</summary>
    static bool IsFence(ulong head) => (head & ~FlagMask) == FenceSize || head == PreviousInUse;

    /// <summary>In another arena's heap the fence is the end. In the main arena memory the program took itself with sbrk may follow, and then
    /// the arena's next part.</summary>
    bool PassFence()
    {
        if (!_tally.Arena.IsMain)
            return false;
        var from = _at;
        _at += 2 * FenceSize;
        if (_at >= _end || !FindSoundRow())
            _at = _end;
        _tally.Unknown += _at - from;
        return true;
    }

    /// <summary>The header at hand can not be one. Looks again; then steps over it.</summary>
    bool GoOn(string why)
    {
        _openSize = 0;
        _stream.Forget();
        if (IsSound(_stream.From(_at, _end)))
            return true;
        var from = _at;
        var found = FindSoundRow();
        if (!found)
            _at = _end;
        _tally.Unknown += _at - from;
        torn.Add(_tally.Arena, from, found ? $"{why}; went on {_at - from:#,0} bytes behind it" : $"{why}; the rest of its heap could not be told");
        return found;
    }

    bool IsSound(ReadOnlySpan<ulong> words) => !words.IsEmpty && (_at == _top || IsSound(words[1], _at));

    bool IsSound(ulong head, ulong at)
    {
        var size = head & ~FlagMask;
        return size >= MinSize && (size & 15) == 0 && size <= _end - at && (head & (IsMapped | (_tally.Arena.IsMain ? NotMain : 0))) == 0;
    }

    /// <summary>Moves on to the next place from which a row of sound headers leads on, or to the top.</summary>
    bool FindSoundRow()
    {
        for (_at += 16; _at < _end;)
        {
            var words = _stream.From(_at, _end);
            if (words.IsEmpty)
            {
                _at = (_at | PageMask) + 1;
                continue;
            }
            for (var i = 0; i + 1 < words.Length; i += 2, _at += 16)
            {
                if (_at == _top || SoundRow.BeginsAt(words[i..], _at, _top, IsSound))
                    return true;
            }
        }
        return false;
    }

    void NoteThreadCache(ReadOnlySpan<ulong> words, ulong size)
    {
        var layout = ThreadCacheLayout.Of(size)!.Value;
        if (_threadCaches.Count < MaxThreadCaches && (words.Length < layout.Words + 2 || layout.Fits(words[2..])))
            _threadCaches.Add(_at);
    }
}
