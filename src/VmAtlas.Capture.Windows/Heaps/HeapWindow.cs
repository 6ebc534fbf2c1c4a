using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Heaps;

/// <summary>Reads a heap's headers from windows of memory, since one call each would cost far more than the bytes.</summary>
sealed class HeapWindow(IMemorySource memory)
{
    const int WindowBytes = 64 << 10;

    readonly byte[] _bytes = new byte[WindowBytes];
    ulong _start;
    int _length;

    /// <summary>So many bytes from an address on; fewer where they can not be read.</summary>
    public ReadOnlySpan<byte> At(ulong address, int count)
    {
        if (address < _start || address - _start + (ulong)count > (ulong)_length)
        {
            (_start, _length) = (address, memory.Read(new Address(address), _bytes));
        }
        var at = (int)(address - _start);
        return _bytes.AsSpan(at, Math.Min(count, _length - at));
    }

    /// <summary>Forgets what was read, because the heap goes on.</summary>
    public void Forget() => _length = 0;
}
