using System.Globalization;
using VmAtlas.Capture.Linux.Facts;
using VmAtlas.Capture.Linux.Interop;
using VmAtlas.Capture.Linux.Proc;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Processes;

/// <summary>The processes there are.</summary>
public static class ProcessList
{
    /// <summary>Reads all processes that are to be seen, in order of pid, on all cores; one that ends meanwhile is left out.</summary>
    /// <param name="kernelThreads">Whether kernel threads, which have no memory of their own, are listed too.</param>
    public static IReadOnlyList<ProcessRow> Read(
        ProcessDetail detail = ProcessDetail.Sums, bool kernelThreads = false, CancellationToken cancellation = default)
    {
        var pids = Pids();
        var rows = new ProcessRow?[pids.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation };
        Parallel.For(0, pids.Length, options, i => rows[i] = Read(pids[i], detail));
        return [.. rows.OfType<ProcessRow>().Where(r => kernelThreads || !r.IsKernelThread)];
    }

    /// <summary>One process; null when it is gone or hidden.</summary>
    public static ProcessRow? Read(int pid, ProcessDetail detail = ProcessDetail.Sums)
    {
        using var folder = ProcFolder.TryOpen($"/proc/{pid}");
        if (folder?.TryRead("status", out _) is not { Length: > 0 } text || folder.TryRead("stat", out _) is not { Length: > 0 } stat)
            return null;
        var status = new StatusText(text);
        var row = new ProcessRow
        {
            Pid = pid,
            ParentPid = status.ParentPid,
            Name = ProcessFactsReader.Name(folder) ?? "",
            User = status.Uid is { } uid ? UserNames.Of(uid) : null,
            Command = ProcessFactsReader.Command(folder),
            TotalWs = Size(status.Bytes("VmRSS"u8)),
            Swap = Size(status.Bytes("VmSwap"u8)),
            Threads = status.Threads,
            Architecture = status.HasMemory ? ElfMachine.Of(folder) : null,
            Container = ProcessFactsReader.Cgroup(folder)?.Container,
            State = status.State,
            IsKernelThread = StatText.IsKernelThread(stat),
        };
        if (detail == ProcessDetail.Totals || row.IsKernelThread)
            return row;
        row = WithSums(row, folder);
        return detail == ProcessDetail.Mappings && row.WhyNot is null ? WithMappings(row) : row;
    }

    /// <summary>Ids of all processes that are to be seen, ascending.</summary>
    public static int[] Pids()
    {
        var pids = new List<int>();
        foreach (var path in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(path.AsSpan()), CultureInfo.InvariantCulture, out var pid))
                pids.Add(pid);
        }
        pids.Sort();
        return [.. pids];
    }

    static ProcessRow WithSums(ProcessRow row, ProcFolder folder)
    {
        var bytes = folder.TryRead("smaps_rollup", out var errno);
        if (bytes is null && errno == Libc.ESRCH && row.State == 'Z')
        {
            // The first thread may have ended before the others, which still show the memory.
            using var space = AddressSpaceFiles.TryOpen(folder, out errno);
            bytes = space?.Folder.TryRead("smaps_rollup", out errno);
            if (space is null)
                return row with { WhyNot = "it has ended and waits for its parent" };
        }
        if (bytes is null)
            return row with { WhyNot = Why(errno) };
        var sums = new StatusText(bytes);
        return row with
        {
            Private = Size(sums.Bytes("Private_Clean"u8) + sums.Bytes("Private_Dirty"u8)),
            TotalWs = Size(sums.Bytes("Rss"u8)) ?? row.TotalWs,
            Pss = Size(sums.Bytes("Pss"u8)),
            Swap = Size(sums.Bytes("Swap"u8)) ?? row.Swap,
        };
    }

    static ProcessRow WithMappings(ProcessRow row)
    {
        try
        {
            using var target = new LinuxTarget(row.Pid);
            var mappings = new BlockTable();
            target.ReadMappings(mappings, new StringTable(), []);
            var sum = target.ReadCounters([]).GetValueOrDefault("VmPTE"); // page tables are part of a table's total
            foreach (var bytes in mappings.Column(Measure.Private))
                sum += bytes;
            target.EnsureUnchanged();
            return row with { Private = mappings.Has(Measure.Private) ? new ByteSize(sum) : null };
        }
        catch (VmAtlasException e)
        {
            return row with { Private = null, WhyNot = e.Message };
        }
    }

    static string Why(int errno) => errno switch
    {
        Libc.EACCES or Libc.EPERM => "not permitted: needs CAP_SYS_PTRACE (run with sudo)",
        Libc.ENOENT => "this kernel has no smaps_rollup",
        Libc.ESRCH => "it ended while it was read",
        _ => $"it could not be read: errno {errno}",
    };

    static ByteSize? Size(ulong? bytes) => bytes is { } b ? new ByteSize(b) : null;
}
