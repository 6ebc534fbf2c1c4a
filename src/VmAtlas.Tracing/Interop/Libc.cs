using System.Runtime.InteropServices;

namespace VmAtlas.Tracing.Interop;

/// <summary>The C library, spelt as the manual spells it. A failed call leaves its errno in <see cref="Marshal.GetLastPInvokeError"/>.</summary>
static unsafe partial class Libc
{
    public const int PROT_READ = 1;
    public const int PROT_WRITE = 2;
    public const int PROT_EXEC = 4;
    public const int MAP_SHARED = 1;
    public const int MAP_PRIVATE = 2;
    public const int MAP_ANONYMOUS = 0x20;

    public const int O_RDONLY = 0;
    public const int O_RDWR = 2;
    public const int O_CLOEXEC = 0x80000;

    public const int EPERM = 1;
    public const int ESRCH = 3;
    public const int EACCES = 13;

    /// <summary>Of waitpid(2): threads too.</summary>
    public const int WaitAll = 0x40000000;

    public const int WNOHANG = 1;

    /// <summary>memfd_create(2).</summary>
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int memfd_create(string name, uint flags);

    /// <summary>open(2).</summary>
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags);

    /// <summary>close(2).</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int fd);

    /// <summary>ftruncate(2).</summary>
    [LibraryImport("libc", EntryPoint = "ftruncate64", SetLastError = true)]
    public static partial int ftruncate(int fd, long length);

    /// <summary>mmap(2).</summary>
    [LibraryImport("libc", EntryPoint = "mmap64", SetLastError = true)]
    public static partial byte* mmap(void* hint, nuint length, int protection, int flags, int fd, long offset);

    /// <summary>munmap(2).</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int munmap(void* at, nuint length);

    /// <summary>mprotect(2).</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int mprotect(void* at, nuint length, int protection);

    /// <summary>waitpid(2).</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int waitpid(int tid, int* status, int options);

    /// <summary>waitid(2).</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int waitid(int kind, uint id, byte* info, int options);

    /// <summary>usleep(3). A signal ends it early.</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int usleep(uint microseconds);

    /// <summary>kill(2).</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int kill(int pid, int signal);

    /// <summary>geteuid(2).</summary>
    [LibraryImport("libc")]
    public static partial uint geteuid();

    public const short POLLIN = 1;

    /// <summary>struct pollfd.</summary>
    public struct PollFd
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    /// <summary>poll(2).</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int poll(PollFd* descriptors, nuint count, int milliseconds);

    /// <summary>syscall(2).</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint syscall(nint number, nint a, nint b);
}
