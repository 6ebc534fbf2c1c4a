using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VmAtlas.Capture.Clr.Helper.Interop;

namespace VmAtlas.Capture.Clr.Helper.Memory;

/// <summary>Reads the memory of a process of Windows, which goes on meanwhile.</summary>
/// <remarks>The handle is opened while there are rights, and is good for nothing but reading. Reading brings a page into the target's
/// working set that was not there.</remarks>
sealed unsafe class WindowsMemory : PageCache
{
    const uint QueryAndRead = 0x400 | 0x10;

    readonly SafeProcessHandle _process;

    public WindowsMemory(int pid)
    {
        _process = Kernel32.OpenProcess(QueryAndRead, 0, (uint)pid);
        if (_process.IsInvalid)
            throw new UnauthorizedAccessException($"process {pid} can not be opened (error {Marshal.GetLastPInvokeError()})");
    }

    public override void Dispose() => _process.Dispose();

    /// <remarks>ReadProcessMemory gives all or nothing: where all pages can not be had at once they are read one by one.</remarks>
    protected override byte Fill(ulong address, Span<byte> bytes)
    {
        if (TryRead(address, bytes))
            return 0xff;
        var readable = 0;
        for (var i = 0; i < SlabPages; i++)
            readable |= TryRead(address + (ulong)(i * PageSize), bytes.Slice(i * PageSize, PageSize)) ? 1 << i : 0;
        return (byte)readable;
    }

    bool TryRead(ulong address, Span<byte> bytes)
    {
        nuint got = 0;
        fixed (byte* into = bytes)
            return Kernel32.ReadProcessMemory(_process, (nuint)address, into, (nuint)bytes.Length, &got) != 0 && got == (nuint)bytes.Length;
    }
}
