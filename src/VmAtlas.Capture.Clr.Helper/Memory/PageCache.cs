namespace VmAtlas.Capture.Clr.Helper.Memory;

/// <summary>Reads a process's memory by some pages at once, and keeps what it read until <see cref="Refresh"/>.</summary>
abstract class PageCache : ITargetMemory
{
    protected const int PageShift = 12, PageSize = 1 << PageShift;
    protected const int SlabPages = 8, SlabSize = SlabPages * PageSize;
    const int Slots = 1024;

    readonly byte[]?[] _slabs = new byte[Slots][];
    readonly ulong[] _addresses = new ulong[Slots];
    readonly byte[] _readable = new byte[Slots];

    public void Refresh()
    {
        _addresses.AsSpan().Clear();
        OnRefresh();
    }

    /// <inheritdoc/>
    public int Read(ulong address, Span<byte> into)
    {
        var done = 0;
        while (done < into.Length)
        {
            var at = unchecked(address + (ulong)done);
            if (at < PageSize || at >= 1UL << 56)
                break;
            var slot = Slab(at & ~(ulong)(SlabSize - 1));
            var offset = (int)(at & (SlabSize - 1));
            if ((_readable[slot] >> (offset >> PageShift) & 1) == 0)
                break;
            var n = Math.Min(into.Length - done, PageSize - (offset & (PageSize - 1)));
            _slabs[slot].AsSpan(offset, n).CopyTo(into[done..]);
            done += n;
        }
        return done;
    }

    public abstract void Dispose();

    /// <summary>Reads pages and returns one bit for each that could be read.</summary>
    protected abstract byte Fill(ulong address, Span<byte> bytes);

    protected virtual void OnRefresh()
    {
    }

    /// <summary>The slot that holds the slab of an address, filled.</summary>
    int Slab(ulong address)
    {
        var slot = (int)(unchecked(address / SlabSize * 0x9E3779B97F4A7C15) >> 54);
        if (_addresses[slot] == address)
            return slot;
        var bytes = _slabs[slot] ??= GC.AllocateUninitializedArray<byte>(SlabSize);
        _addresses[slot] = address;
        _readable[slot] = Fill(address, bytes);
        return slot;
    }
}
