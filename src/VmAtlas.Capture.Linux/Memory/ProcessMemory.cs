using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VmAtlas.Capture.Linux.Interop;
using VmAtlas.Capture.Linux.Proc;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Memory;

/// <summary>Copies memory of the target that is in its page tables now, so that looking makes no page of it resident.</summary>
/// <remarks>
/// A page that is swapped out between the look and the copy is brought back by the kernel; nothing can prevent that from outside.
/// <c>process_vm_readv</c> obeys the target's own protection; <c>/proc/PID/mem</c>, tried second, also reads PROT_NONE pages, and would
/// read device memory, which is never wanted: such mappings are refused.
/// </remarks>
sealed unsafe class ProcessMemory(int pid, PageMap pages, SpecialRanges special) : IDisposable
{
    SafeFileHandle _mem = new();

    /// <summary>Opens the memory of the address space the process has now.</summary>
    public void Open(ProcFolder folder)
    {
        _mem.Dispose();
        _mem = folder.Open("mem", out _);
    }

    public int Read(Address start, Span<byte> into)
    {
        var present = (int)pages.PresentRun(start.Value, (ulong)into.Length);
        if (present == 0)
            return 0;
        fixed (byte* at = into)
        {
            var local = new Iovec { Base = (nuint)at, Length = (nuint)present };
            var remote = new Iovec { Base = (nuint)start.Value, Length = (nuint)present };
            var got = Libc.process_vm_readv(pid, &local, 1, &remote, 1, 0);
            return got > 0 ? (int)got : ReadFile(start, at, present);
        }
    }

    public void Dispose() => _mem.Dispose();

    int ReadFile(Address start, byte* into, int length)
    {
        var range = new AddressRange(start, start + new ByteSize((ulong)length));
        if (!special.Known || special.TouchesDevice(range) || _mem.IsInvalid)
            return 0;
        nint got;
        do
            got = Libc.pread(_mem, into, (nuint)length, (long)start.Value);
        while (got < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);
        return Math.Max(0, (int)got);
    }
}
