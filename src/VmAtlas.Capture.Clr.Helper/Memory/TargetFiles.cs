using System.Buffers;
using VmAtlas.Capture.Clr.Helper.Interop;

namespace VmAtlas.Capture.Clr.Helper.Memory;

/// <summary>Everything of the target that needs rights, opened while there are any: its memory, its page map, its list of mappings, and
/// the files it has mapped.</summary>
/// <remarks>
/// The kernel checks rights to <c>/proc/PID/mem</c>, <c>pagemap</c> and <c>maps</c> when they are opened, and binds them to the address
/// space of that moment (<c>proc_mem_open</c> in <c>fs/proc/base.c</c>). So the helper opens them, gives up every right it has, and can
/// still read this one address space and nothing else, at the speed of a system call.
/// </remarks>
sealed unsafe class TargetFiles : IDisposable
{
    /// <summary>Files kept open at most: a target may map any number.</summary>
    const int MaxFiles = 4096;

    const int MaxMapsBytes = 256 << 20;

    readonly int _maps;
    readonly Dictionary<(uint Major, uint Minor, ulong Inode), int> _files = [];

    public TargetFiles(int pid)
    {
        Memory = Open($"/proc/{pid}/mem");
        Pages = Open($"/proc/{pid}/pagemap");
        _maps = Open($"/proc/{pid}/maps");
        foreach (var mapping in ReadMaps())
        {
            if (mapping.Inode != 0 && _files.Count < MaxFiles)
                TryOpen(pid, mapping);
        }
    }

    public int Memory { get; }

    public int Pages { get; }

    /// <summary>The mappings there are now.</summary>
    public ProcMapping[] ReadMaps()
    {
        var text = new ArrayBufferWriter<byte>(1 << 16);
        while (text.WrittenCount < MaxMapsBytes)
        {
            var space = text.GetSpan(1 << 16);
            fixed (byte* at = space)
            {
                var n = Libc.pread(_maps, at, (nuint)space.Length, text.WrittenCount);
                if (n <= 0)
                    break;
                text.Advance((int)n);
            }
        }
        return ProcMaps.Parse(text.WrittenSpan);
    }

    /// <summary>The descriptor of the file behind a mapping; -1 when it was not opened.</summary>
    public int FileOf(in ProcMapping mapping) => _files.GetValueOrDefault((mapping.Major, mapping.Minor, mapping.Inode), -1);

    public void Dispose()
    {
        foreach (var fd in _files.Values)
        {
            if (fd >= 0)
                _ = Libc.close(fd);
        }
        _ = Libc.close(_maps);
        _ = Libc.close(Pages);
        _ = Libc.close(Memory);
    }

    /// <summary>Opens the file behind a mapping once: by the mapping itself where the kernel lets us, else by its path in the target's root,
    /// if that still leads to the same file. Only regular files, and a device never so much as begins to open.</summary>
    void TryOpen(int pid, in ProcMapping mapping)
    {
        var key = (mapping.Major, mapping.Minor, mapping.Inode);
        if (_files.ContainsKey(key))
            return;
        _files[key] = -1;
        foreach (var path in (string[])[$"/proc/{pid}/map_files/{mapping.Start:x}-{mapping.End:x}", $"/proc/{pid}/root{mapping.Path}"])
        {
            var found = Libc.open(path, Libc.O_PATH | Libc.O_CLOEXEC);
            if (found < 0)
                continue;
            Libc.Statx status;
            const int emptyPath = 0x1000;
            const uint basic = 0x7ff;
            if (Libc.statx(found, "", emptyPath, basic, &status) == 0 && status.IsRegular
                && (status.DeviceMajor, status.DeviceMinor, status.Inode) == key)
                _files[key] = Libc.open($"/proc/self/fd/{found}", Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY | Libc.O_CLOEXEC);
            _ = Libc.close(found);
            if (_files[key] >= 0)
                return;
        }
    }

    static int Open(string path)
    {
        var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC);
        return fd >= 0 ? fd : throw new UnauthorizedAccessException($"{path} can not be opened (error {System.Runtime.InteropServices.Marshal.GetLastPInvokeError()})");
    }
}
