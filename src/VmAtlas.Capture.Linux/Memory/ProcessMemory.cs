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
/// read device memory, which is never wanted: such mappings are refused. Pages that a fork left shared until one side writes are read by the file alone:
/// <c>process_vm_readv</c> pins what it reads, and to pin such a page the kernel makes the target a copy of its own (gup_must_unshare, since 5.19).
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
        var done = 0;
        fixed (byte* at = into)
        {
            while (done < into.Length)
            {
                var from = new Address(start.Value + (ulong)done);
                var wanted = (int)pages.PresentRun(from.Value, (ulong)(into.Length - done), out var copyOnWrite);
                var got = wanted == 0 ? 0 : copyOnWrite ? ReadFile(from, at + done, wanted) : ReadPinned(from, at + done, wanted);
                done += got;
                if (got == 0 || got < wanted)
                    break;
            }
        }
        return done;
    }

    int ReadPinned(Address start, byte* into, int length)
    {
        var local = new Iovec { Base = (nuint)into, Length = (nuint)length };
        var remote = new Iovec { Base = (nuint)start.Value, Length = (nuint)length };
        var got = Libc.process_vm_readv(pid, &local, 1, &remote, 1, 0);
        return got > 0 ? (int)got : ReadFile(start, into, length);
    }

    /// <summary>Copies what is present of as many bytes at each of many places, ascending, in a few calls.</summary>
    /// <param name="into">The places' bytes one after another, <paramref name="length"/> for each.</param>
    /// <param name="got">How many bytes each gave.</param>
    public void ReadEach(ReadOnlySpan<ulong> starts, int length, Span<byte> into, Span<int> got)
    {
        const int MostAtOnce = 1024; // UIO_MAXIOV
        pages.Forget();
        Span<Iovec> local = new Iovec[Math.Min(starts.Length, MostAtOnce)], remote = new Iovec[local.Length];
        fixed (byte* target = into)
        {
            for (var first = 0; first < starts.Length;)
            {
                var count = Math.Min(starts.Length - first, local.Length);
                for (var i = 0; i < count; i++)
                {
                    var at = target + (long)(first + i) * length;
                    var next = starts[Math.Min(first + i + 1, starts.Length - 1)];
                    var wanted = (int)pages.PresentRun(starts[first + i], (ulong)length, next, out var copyOnWrite);
                    got[first + i] = wanted;
                    if (copyOnWrite)
                        (got[first + i], wanted) = (ReadFile(new Address(starts[first + i]), at, wanted), 0);
                    local[i] = new Iovec { Base = (nuint)at, Length = (nuint)wanted };
                    remote[i] = new Iovec { Base = (nuint)starts[first + i], Length = (nuint)wanted };
                }
                var settled = Transfer(local[..count], remote[..count]);
                first += settled;
                if (settled == count)
                    continue;
                got[first] = Read(new Address(starts[first]), into.Slice(first * length, length));
                first++;
            }
        }
    }

    /// <summary>One call; returns how many places it copied. It ends at the first that can not be read this way.</summary>
    int Transfer(ReadOnlySpan<Iovec> local, ReadOnlySpan<Iovec> remote)
    {
        long left;
        fixed (Iovec* to = local, from = remote)
            left = Libc.process_vm_readv(pid, to, (nuint)local.Length, from, (nuint)remote.Length, 0);
        var copied = 0;
        while (copied < local.Length && (long)local[copied].Length <= left)
            left -= (long)local[copied++].Length;
        return copied;
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
