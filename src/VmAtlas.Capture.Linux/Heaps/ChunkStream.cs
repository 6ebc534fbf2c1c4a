using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>The words of a heap in order, read ahead a window at a time; the window fits a core's second-level cache.</summary>
sealed class ChunkStream(IMemorySource memory)
{
    const int WindowBytes = 512 << 10;

    readonly byte[] _window = GC.AllocateUninitializedArray<byte>(WindowBytes, pinned: true);
    ulong _start;
    int _length;

    /// <summary>The words present from an address on (a multiple of 8) and before <paramref name="end"/>: two at least, or none.</summary>
    public ReadOnlySpan<ulong> From(ulong address, ulong end)
    {
        if (end - address < 16)
            return default;
        if (address < _start || address + 16 > _start + (ulong)_length)
        {
            var wanted = (int)Math.Min(WindowBytes, end - address);
            (_start, _length) = (address, memory.Read(new Address(address), _window.AsSpan(0, wanted)));
        }
        var offset = (int)(address - _start);
        var length = (int)Math.Min((ulong)(_length - offset), end - address);
        return length < 16 ? default : MemoryMarshal.Cast<byte, ulong>(_window.AsSpan(offset, length));
    }

    /// <summary>The next look is a fresh one.</summary>
    public void Forget() => _length = 0;
}
