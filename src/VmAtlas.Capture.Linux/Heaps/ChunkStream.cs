using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>The words of a heap, mostly asked for in order, a window at a time that fits a core's second-level cache. Where one window after another
/// is wanted they are read ahead.</summary>
/// <param name="memory">Is read by another thread too.</param>
sealed class ChunkStream(IMemorySource memory) : IDisposable
{
    readonly byte[] _own = GC.AllocateUninitializedArray<byte>(ReadAhead.WindowBytes, pinned: true);
    byte[] _window = [];
    ReadAhead? _ahead;
    ulong _start;
    int _length;

    /// <summary>The words present from an address on (a multiple of 8) and before <paramref name="end"/>: two at least, or none.</summary>
    public ReadOnlySpan<ulong> From(ulong address, ulong end)
    {
        if (end - address < 16)
            return default;
        if (!Holds(address) && !TryTakeAhead(address))
            Load(address, end);
        var offset = (int)(address - _start);
        var length = (int)Math.Min((ulong)(_length - offset), end - address);
        return length < 16 ? default : MemoryMarshal.Cast<byte, ulong>(_window.AsSpan(offset, length));
    }

    /// <summary>The next look is a fresh one.</summary>
    public void Forget()
    {
        _length = 0;
        _ahead?.Dispose();
        _ahead = null;
    }

    public void Dispose() => Forget();

    bool Holds(ulong address) => address >= _start && address + 16 <= _start + (ulong)_length;

    bool TryTakeAhead(ulong address)
    {
        // A window or two are passed over sooner than reading is begun anew.
        while (_ahead is not null && address >= _ahead.Next && address - _ahead.Next < 2 * ReadAhead.WindowBytes)
        {
            _start = _ahead.Next;
            if (!_ahead.TryTake(out _window, out _length))
                return false;
            if (Holds(address))
                return true;
        }
        return false;
    }

    void Load(ulong address, ulong end)
    {
        var goesOn = _length > 0 && unchecked(address + ReadAhead.Overlap - (_start + (ulong)_length)) <= 4096;
        Forget();
        var wanted = (int)Math.Min(ReadAhead.WindowBytes, end - address);
        (_window, _start, _length) = (_own, address, memory.Read(new Address(address), _own.AsSpan(0, wanted)));
        if (goesOn && _length == ReadAhead.WindowBytes)
            _ahead = new ReadAhead(memory, address + ReadAhead.WindowBytes - ReadAhead.Overlap, end);
    }
}
