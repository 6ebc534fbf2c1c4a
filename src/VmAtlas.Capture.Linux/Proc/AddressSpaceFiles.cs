using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VmAtlas.Capture.Linux.Interop;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>The files that show one address space of a process, and the guard that it is still there.</summary>
/// <remarks>
/// A target that ends or becomes another program while it is read gives a silent end of file: a list cut short, with no error. An open
/// <c>maps</c> belongs to the address space it was opened for, so one more read of it, after the last one, tells.
/// A process whose first thread has ended has its files empty under its own number, but full under every other thread's.
/// </remarks>
sealed class AddressSpaceFiles : IDisposable
{
    readonly SafeFileHandle _maps;

    AddressSpaceFiles(ProcFolder folder, SafeFileHandle maps, bool isOwned) =>
        (Folder, _maps, OwnsFolder) = (folder, maps, isOwned);

    /// <summary>The process's folder, or that of another thread when the first has ended.</summary>
    public ProcFolder Folder { get; }

    bool OwnsFolder { get; }

    /// <summary>Null when there is no address space, or it may not be read; errno is 0 in the first case.</summary>
    public static AddressSpaceFiles? TryOpen(ProcFolder process, out int errno)
    {
        var maps = process.Open("maps", out errno);
        if (!maps.IsInvalid && HasText(maps))
            return new AddressSpaceFiles(process, maps, isOwned: false);
        maps.Dispose();
        if (errno != 0)
            return null;
        foreach (var tid in new ThreadList(process).Ids())
        {
            var thread = ProcFolder.TryOpen($"{process.Path}/task/{tid}");
            maps = thread?.Open("maps", out _) ?? new SafeFileHandle();
            if (!maps.IsInvalid && HasText(maps))
                return new AddressSpaceFiles(thread!, maps, isOwned: true);
            maps.Dispose();
            thread?.Dispose();
        }
        return null;
    }

    /// <summary>Whether the address space is still the target's own.</summary>
    public bool IsAlive => HasText(_maps);

    /// <summary>The list itself, from its start.</summary>
    public SafeFileHandle OpenMaps(out int errno) => Folder.Open("maps", out errno);

    public void Dispose()
    {
        _maps.Dispose();
        if (OwnsFolder)
            Folder.Dispose();
    }

    /// <summary>A short read makes the kernel write a line or two only.</summary>
    static unsafe bool HasText(SafeFileHandle maps)
    {
        ulong some;
        nint got;
        do
            got = Libc.pread(maps, &some, sizeof(ulong), 0);
        while (got < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);
        return got > 0;
    }
}
