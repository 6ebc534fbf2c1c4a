using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VmAtlas.Capture.Linux.Interop;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>Takes a text in portions.</summary>
interface ITextSink
{
    /// <summary>Takes all whole lines and returns how many bytes that was; the rest is given again with more behind it.</summary>
    int Take(ReadOnlySpan<byte> text);
}

/// <summary>Reads long files of <c>/proc</c> through one buffer.</summary>
/// <remarks>
/// The kernel gives at most one page of text a call, however large the buffer is. The buffer is filled by many calls before it is parsed:
/// a parser that runs after each call finds caches and branch predictors full of the kernel's things (measured: twice the time).
/// </remarks>
sealed unsafe class ProcText
{
    /// <summary>Bytes from which on a text counts as long: some ten milliseconds of the kernel's work are still to come, if not seconds.</summary>
    const long LongText = 1 << 21;

    const int Size = 1 << 17, Room = 1 << 13;

    readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(Size, pinned: true);

    /// <summary>Gives all of a file to the sink; returns an errno, 0 for the end of the file.</summary>
    /// <exception cref="InvalidDataException">A line is longer than the buffer, which no kernel writes.</exception>
    /// <param name="long">Called once when the text turns out to be long: see <see cref="LongText"/>.</param>
    public int Read(SafeFileHandle file, ITextSink sink, Action? @long = null)
    {
        var (filled, read) = (0, 0L);
        while (true)
        {
            var more = Fill(file, ref filled, out var errno);
            var taken = sink.Take(_buffer.AsSpan(0, filled));
            _buffer.AsSpan(taken, filled - taken).CopyTo(_buffer);
            filled -= taken;
            if (!more)
                return errno;
            if (filled > Size - Room)
                throw new InvalidDataException($"a line of more than {filled} bytes in /proc");
            if (read < LongText && (read += taken) >= LongText)
                @long?.Invoke();
        }
    }

    /// <summary>Fills the buffer by as many calls as it takes; false at the end of the file or an error.</summary>
    bool Fill(SafeFileHandle file, ref int filled, out int errno)
    {
        errno = 0;
        while (filled <= Size - Room)
        {
            nint got;
            fixed (byte* into = &_buffer[filled])
                got = Libc.read(file, into, (nuint)(Size - filled));
            if (got < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR)
                continue;
            if (got <= 0)
            {
                errno = got < 0 ? Marshal.GetLastPInvokeError() : 0;
                return false;
            }
            filled += (int)got;
        }
        return true;
    }
}
