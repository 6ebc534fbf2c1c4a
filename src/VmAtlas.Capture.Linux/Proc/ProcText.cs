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

/// <summary>Reads long files of <c>/proc</c> through one buffer. The kernel gives one page of text a call, however large the buffer
/// is, and 64 KB measured best.</summary>
sealed unsafe class ProcText
{
    readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(1 << 16, pinned: true);

    /// <summary>Gives all of a file to the sink; returns an errno, 0 for the end of the file.</summary>
    /// <exception cref="InvalidDataException">A line is longer than the buffer, which no kernel writes.</exception>
    public int Read(SafeFileHandle file, ITextSink sink)
    {
        var filled = 0;
        while (true)
        {
            if (filled == _buffer.Length)
                throw new InvalidDataException($"a line of more than {_buffer.Length} bytes in /proc");
            nint got;
            fixed (byte* into = &_buffer[filled])
                got = Libc.read(file, into, (nuint)(_buffer.Length - filled));
            if (got < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR)
                continue;
            if (got <= 0)
                return got == 0 ? 0 : Marshal.GetLastPInvokeError();
            filled += (int)got;
            var taken = sink.Take(_buffer.AsSpan(0, filled));
            _buffer.AsSpan(taken, filled - taken).CopyTo(_buffer);
            filled -= taken;
        }
    }
}
