using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace VmAtlas.Cli.CommandLine;

/// <summary>stdout or stderr by write(2). The runtime's own stream hides that a pipe was closed, and then a long listing for
/// <c>head</c> would go on to its end; it also costs the start of the console.</summary>
sealed class StandardOutput(int descriptor = Libc.StandardOutput) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="OutputClosedException">The reader of the pipe went away.</exception>
    /// <exception cref="OutputFailedException">A full disk, mostly.</exception>
    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            var done = 0;
            while (done < buffer.Length)
            {
                var written = Libc.write(descriptor, start + done, (nuint)(buffer.Length - done));
                if (written >= 0)
                    done += (int)written;
                else if (!IsTemporary(Marshal.GetLastPInvokeError(), out var failure) && descriptor == Libc.StandardOutput)
                    throw failure;
                else if (failure is not null)
                    return; // what stderr can not take is lost: there is nowhere to say so
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    static bool IsTemporary(int error, [NotNullWhen(false)] out IOException? failure)
    {
        failure = error switch
        {
            Libc.EAGAIN or Libc.EINTR => null,
            Libc.EPIPE => new OutputClosedException(),
            _ => new OutputFailedException(new Win32Exception(error).Message),
        };
        if (error == Libc.EAGAIN)
            Thread.Sleep(1); // somebody made the terminal non-blocking
        return failure is null;
    }
}

/// <summary>Whoever read our output has seen enough: the command ends quietly.</summary>
sealed class OutputClosedException : IOException;

sealed class OutputFailedException(string message) : IOException(message);
