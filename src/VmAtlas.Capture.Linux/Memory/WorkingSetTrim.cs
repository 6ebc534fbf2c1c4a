using System.Runtime.InteropServices;
using VmAtlas.Capture.Linux.Interop;
using VmAtlas.Capture.Linux.Proc;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Memory;

/// <summary>process_madvise(2) with MADV_PAGEOUT over all mappings of a target.</summary>
static unsafe class WorkingSetTrim
{
    const int PageOut = 21, BatchSize = 512;

    static readonly ulong s_never = VmFlags.Locked | VmFlags.HugeTlb | VmFlags.IoDevice | VmFlags.PfnMap;

    public static TrimResult Run(LinuxTarget target, ProcFolder folder)
    {
        var mappings = new BlockTable();
        target.ReadMappings(mappings, new StringTable(), []);
        using var process = Syscalls.OpenProcess(target.Process.Pid);
        if (process.IsInvalid)
            throw TargetErrors.Unreadable(target.Process, Marshal.GetLastPInvokeError());
        target.EnsureUnchanged(); // the number still means the process whose mappings were read
        var before = Resident(folder);
        var (ranges, leftOut) = Choose(mappings);
        var (advised, refused) = (0UL, 0);
        for (var at = 0; at < ranges.Length;)
            at += Advise(process, ranges.AsSpan(at, Math.Min(BatchSize, ranges.Length - at)), ref advised, ref refused, target.Process);
        return new TrimResult(new ByteSize(before), new ByteSize(Resident(folder)), new ByteSize(advised), refused, leftOut);
    }

    /// <summary>Advises some ranges and returns how many are dealt with. The call stops at the first it refuses: that one is counted and left behind.</summary>
    static int Advise(
        Microsoft.Win32.SafeHandles.SafeFileHandle process, ReadOnlySpan<Iovec> ranges, ref ulong advised, ref int refused, ProcessFacts facts)
    {
        nint done;
        fixed (Iovec* first = ranges)
            done = Syscalls.AdviseProcess(process, first, ranges.Length, PageOut);
        var errno = done < 0 ? Marshal.GetLastPInvokeError() : 0;
        if (errno is Libc.EPERM or Libc.ESRCH or Libc.ENOSYS)
            throw errno == Libc.ENOSYS
                ? new VmAtlasException(Failure.General, "this kernel can not trim another process: it needs Linux 5.10")
                : TargetErrors.Unreadable(facts, errno);
        advised += (ulong)Math.Max(0, done);
        var dealt = 0;
        for (var left = (nuint)Math.Max(0, done); dealt < ranges.Length && left >= ranges[dealt].Length; dealt++)
            left -= ranges[dealt].Length;
        if (dealt == ranges.Length)
            return dealt;
        refused++;
        return dealt + 1;
    }

    static (Iovec[] Ranges, int LeftOut) Choose(BlockTable mappings)
    {
        var (ranges, leftOut) = (new List<Iovec>(), 0);
        for (var i = 0; i < mappings.Count; i++)
        {
            if (mappings.Get(Measure.TotalWs, i) == 0)
                continue;
            if ((mappings.Flags[i] & s_never) != 0)
                leftOut++;
            else
                ranges.Add(new Iovec { Base = (nuint)mappings.Starts[i], Length = (nuint)(mappings.Ends[i] - mappings.Starts[i]) });
        }
        return ([.. ranges], leftOut);
    }

    /// <summary>Rss of smaps_rollup: exact, where VmRSS lags.</summary>
    static ulong Resident(ProcFolder folder) => new StatusText(folder.TryRead("smaps_rollup", out _) ?? []).Bytes("Rss"u8)
        ?? new StatusText(folder.TryRead("status", out _) ?? []).Bytes("VmRSS"u8) ?? 0;
}
