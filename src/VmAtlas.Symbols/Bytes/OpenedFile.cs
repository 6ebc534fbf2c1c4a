using Microsoft.Win32.SafeHandles;

namespace VmAtlas.Symbols.Bytes;

/// <summary>An open regular file, read with pread(2).</summary>
/// <remarks>Not mapped into memory: whoever owns the file could cut it short while it is read, and the kernel would end us with SIGBUS.</remarks>
public sealed class OpenedFile : IFileBytes
{
    readonly SafeFileHandle _handle;

    OpenedFile(SafeFileHandle handle, long length) => (_handle, Length) = (handle, length);

    public long Length { get; }

    /// <summary>Takes over the handle. Null when it is no file with a length: a pipe, a socket, a folder.</summary>
    public static OpenedFile? TryTake(SafeFileHandle handle)
    {
        try
        {
            if (!handle.IsInvalid)
                return new OpenedFile(handle, RandomAccess.GetLength(handle));
        }
        catch (Exception e) when (e is IOException or NotSupportedException or UnauthorizedAccessException)
        {
            // What has no length is not read; the caller says so.
        }
        handle.Dispose();
        return null;
    }

    public int Read(long offset, Span<byte> into)
    {
        var done = 0;
        try
        {
            while (done < into.Length && RandomAccess.Read(_handle, into[done..], offset + done) is > 0 and var got)
                done += got;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A bad disk or a server that went away: what was read so far is what there is.
        }
        return done;
    }

    public void Dispose() => _handle.Dispose();
}
