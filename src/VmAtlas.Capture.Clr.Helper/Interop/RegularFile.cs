using Microsoft.Win32.SafeHandles;

namespace VmAtlas.Capture.Clr.Helper.Interop;

/// <summary>Opens files whose names a stranger may have chosen.</summary>
static unsafe class RegularFile
{
    /// <summary>Opens it for reading if it is a regular file; a device or a pipe never so much as begins to open.</summary>
    /// <returns>An invalid handle if it is not, or can not be read.</returns>
    public static SafeFileHandle Open(string path)
    {
        var found = Libc.open(path, Libc.O_PATH | Libc.O_CLOEXEC);
        if (found < 0)
            return new SafeFileHandle();
        Libc.Statx status;
        const int emptyPath = 0x1000;
        const uint basic = 0x7ff;
        var fd = Libc.statx(found, "", emptyPath, basic, &status) == 0 && status.IsRegular
            ? Libc.open($"/proc/self/fd/{found}", Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY | Libc.O_CLOEXEC)
            : -1;
        _ = Libc.close(found);
        var handle = new SafeFileHandle(fd, ownsHandle: true);
        if (fd >= 0)
            _ = RandomAccess.GetLength(handle); // asks once what kind of file it is, while that may be asked
        return handle;
    }
}
