using System.Runtime.InteropServices;

namespace VmAtlas.Cli.CommandLine;

/// <summary>The system calls of the command itself.</summary>
static partial class Libc
{
    public const int StandardOutput = 1;
    public const int StandardError = 2;
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int EPIPE = 32;

    const nuint TIOCGWINSZ = 0x5413;

    [StructLayout(LayoutKind.Sequential)]
    struct WindowSize
    {
        public ushort Rows, Columns, PixelWidth, PixelHeight;
    }

    /// <summary>write(2)</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static unsafe partial nint write(int fd, byte* buffer, nuint count);

    /// <summary>isatty(3)</summary>
    [LibraryImport("libc")]
    private static partial int isatty(int fd);

    /// <summary>ioctl_tty(2); the structure is its <c>winsize</c>.</summary>
    [LibraryImport("libc")]
    private static unsafe partial int ioctl(int fd, nuint request, WindowSize* size);

    public static bool IsTerminal(int fd) => isatty(fd) == 1;

    /// <summary>Columns of a terminal; 80 when it will not say.</summary>
    public static unsafe int ColumnsOf(int fd)
    {
        WindowSize size;
        return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.Columns > 0 ? size.Columns : 80;
    }
}
