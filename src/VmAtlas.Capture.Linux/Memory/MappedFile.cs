using Microsoft.Win32.SafeHandles;
using VmAtlas.Capture.Linux.Interop;
using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Capture.Linux.Memory;

/// <summary>A regular file that the target has mapped, open for reading only. The target may change or cut it at any time, so it is
/// read by <c>pread</c> and never mapped here.</summary>
public sealed class MappedFile : IFileBytes
{
    readonly SafeFileHandle _file;

    internal MappedFile(SafeFileHandle file, in Statx facts)
    {
        _file = file;
        Length = (long)Math.Min(facts.Size, long.MaxValue);
        Inode = facts.Inode;
        IsDeleted = facts.Links == 0;
    }

    /// <summary>Bytes in the file when it was opened.</summary>
    public long Length { get; }

    public ulong Inode { get; }

    /// <summary>No name leads to it any more: its link count is zero.</summary>
    public bool IsDeleted { get; }

    /// <summary>Copies from an offset on; less than asked, or 0, at the end of the file or where it can not be read.</summary>
    public unsafe int Read(long offset, Span<byte> into)
    {
        var done = 0;
        while (done < into.Length && offset >= 0)
        {
            nint got;
            fixed (byte* at = into[done..])
                got = Libc.pread(_file, at, (nuint)(into.Length - done), offset + done);
            if (got <= 0)
                break;
            done += (int)got;
        }
        return done;
    }

    /// <summary>The bytes [offset, offset + length), cut at the end of the file. The caller bounds the length.</summary>
    public byte[] Read(long offset, int length)
    {
        length = (int)Math.Clamp(Length - offset, 0, length);
        var bytes = new byte[length];
        var got = Read(offset, bytes.AsSpan());
        return got == length ? bytes : bytes.AsSpan(0, got).ToArray();
    }

    public void Dispose() => _file.Dispose();
}
