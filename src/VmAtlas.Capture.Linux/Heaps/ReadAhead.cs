using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Copies a long range of the target window by window on a thread of its own, a few windows ahead of who looks at them: to copy and to
/// look cost about the same.</summary>
/// <remarks>The last bytes of a window are the first of the next, so that no header is cut in two. Ends at the first page that is absent.</remarks>
sealed class ReadAhead : IDisposable
{
    public const int WindowBytes = 512 << 10, Overlap = 16;

    const int Windows = 4;

    readonly byte[][] _buffers = [.. Enumerable.Range(0, Windows).Select(_ => GC.AllocateUninitializedArray<byte>(WindowBytes, pinned: true))];
    readonly int[] _lengths = new int[Windows];
    readonly SemaphoreSlim _empty = new(Windows - 1), _filled = new(0);
    readonly IMemorySource _memory;
    readonly ulong _end;
    readonly Task _reader;
    ulong _next;
    int _made, _taken;
    volatile bool _stopped;

    /// <param name="memory">May be read by other threads meanwhile.</param>
    public ReadAhead(IMemorySource memory, ulong start, ulong end)
    {
        (_memory, _next, _end) = (memory, start, end);
        _reader = Task.Factory.StartNew(Copy, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Start of the window that comes next.</summary>
    public ulong Next => _next;

    /// <summary>Waits for the next window, and gives up the one before it.</summary>
    /// <returns>False when there are no more.</returns>
    public bool TryTake(out byte[] window, out int length)
    {
        (window, length) = ([], 0);
        if (_taken > 0)
            _empty.Release();
        _filled.Wait();
        if (_taken == Volatile.Read(ref _made))
        {
            _reader.GetAwaiter().GetResult();
            return false;
        }
        var slot = _taken++ % Windows;
        (window, length) = (_buffers[slot], _lengths[slot]);
        _next += (ulong)Math.Max(0, length - Overlap);
        return true;
    }

    public void Dispose()
    {
        _stopped = true;
        _empty.Release();
        Task.WaitAny(_reader); // what it failed with was told where it was waited for
        _empty.Dispose();
        _filled.Dispose();
    }

    void Copy()
    {
        try
        {
            for (ulong at = _next, got = WindowBytes; got == WindowBytes && at + Overlap < _end; at += got - Overlap)
            {
                _empty.Wait();
                if (_stopped)
                    return;
                var slot = _made % Windows;
                _lengths[slot] = _memory.Read(new Address(at), _buffers[slot].AsSpan(0, (int)Math.Min(WindowBytes, _end - at)));
                got = (ulong)_lengths[slot];
                Volatile.Write(ref _made, _made + 1);
                _filled.Release();
            }
        }
        finally
        {
            _filled.Release();
        }
    }
}
