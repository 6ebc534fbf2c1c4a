using VmAtlas.Capture.Linux.Facts;
using VmAtlas.Capture.Linux.Memory;
using VmAtlas.Capture.Linux.Proc;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux;

/// <summary>A live process, read through <c>/proc/PID</c> without stopping it. Not thread-safe.</summary>
/// <remarks>
/// It can be made for any process that is to be seen: <see cref="Process"/>, <see cref="ReadCounters"/> and <see cref="Threads"/> need no rights,
/// <see cref="ReadMappings"/> needs the right to trace the process, page states and memory more (see <c>docs/</c>).
/// </remarks>
public sealed partial class LinuxTarget : ICaptureTarget, IMemorySource, IPageSource, IMappedFiles
{
    readonly ProcFolder _folder;
    readonly SpecialRanges _special = new();
    readonly PageMap _pages;
    readonly ProcessMemory _memory;
    readonly MappedFiles _files;
    readonly ThreadList _threads;
    Task<ProcessFacts> _process;
    ulong _highest;
    AddressSpaceFiles? _space;

    /// <param name="pid">A process id; the id of one of its threads means the process.</param>
    /// <exception cref="VmAtlasException"><see cref="Failure.NotFound"/>: there is none, or none that may be seen.</exception>
    public LinuxTarget(int pid)
    {
        _folder = OpenVisible(pid, out var leader);
        if (leader != pid)
        {
            _folder.Dispose();
            _folder = OpenVisible(leader, out pid);
        }
        _pages = new PageMap(_folder, _special);
        _memory = new ProcessMemory(pid, _pages, _special);
        _files = new MappedFiles(_folder);
        _threads = new ThreadList(_folder);
        // A dozen small files, most of a short command's time before its mappings are read: they are read beside it.
        _process = Task.Run(() => ProcessFactsReader.Read(_folder, pid));
    }

    public ProcessFacts Process => _process.GetAwaiter().GetResult();

    public SystemFacts System => SystemReader.System;

    public AddressSpaceLayout Layout => LayoutReader.Of(Process.Architecture, _highest);

    public ByteSize PageSize => _pages.PageSize;

    /// <summary>Ids of the threads there are now, ascending; one directory listing.</summary>
    public int[] ThreadIds => _threads.Ids();

    /// <summary>The threads there are now with name and state: reads one file a thread.</summary>
    public IReadOnlyList<ThreadInfo> Threads => _threads.Read();

    /// <summary>One thread's name, cheaper than <see cref="Threads"/>; null when it has ended.</summary>
    public string? ThreadName(int tid) => _threads.Name(tid);

    /// <summary>The names of several threads, cheaper than one after another; null for those that have ended.</summary>
    public string?[] ThreadNames(IReadOnlyList<int> tids) => _threads.Names(tids);

    /// <summary>A file of <c>/proc/PID</c> as text ("limits", "task/12/syscall"), at most 1 MiB of it; null when it is gone or not permitted.</summary>
    public string? TryReadProc(string name) => _folder.TryReadText(name);

    /// <summary>Opens the file behind a mapping for reading; null when there is none, it is no regular file, it can not be reached from
    /// here, or its path now leads to another file.</summary>
    /// <param name="mapping">A row of <paramref name="mappings"/>, as read and not clipped.</param>
    public MappedFile? OpenMapped(BlockTable mappings, StringTable strings, int mapping) =>
        _files.TryOpen(mappings.Starts[mapping], mappings.Ends[mapping], strings.Utf8(mappings.Names[mapping]),
            mappings.Devices[mapping], mappings.Inodes[mapping]);

    public int Read(Address start, Span<byte> into) => _memory.Read(start, into);

    public void ReadEach(ReadOnlySpan<ulong> starts, int length, Span<byte> into, Span<int> got) => _memory.ReadEach(starts, length, into, got);

    public bool TryReadPages(AddressRange range, Span<PageState> pages) => _pages.TryReadPages(range, pages);

    public bool TryTally(AddressRange range, out PageTally tally) => _pages.TryTally(range, out tally);

    public void EnsureUnchanged()
    {
        if (_space is { IsAlive: false })
            throw TargetErrors.Gone(_folder, Process);
    }

    public void Dispose()
    {
        Task.WaitAny(_process);
        _space?.Dispose();
        _memory.Dispose();
        _pages.Dispose();
        _files.Dispose();
        _folder.Dispose();
    }

    /// <summary>The folder of a process or thread. With hidepid it can be opened, but nothing in it.</summary>
    static ProcFolder OpenVisible(int pid, out int leader)
    {
        var folder = ProcFolder.TryOpen($"/proc/{pid}");
        var status = folder?.TryRead("status", out _);
        leader = new StatusText(status ?? []).ThreadGroup ?? pid;
        if (status is not null)
            return folder!;
        folder?.Dispose();
        throw TargetErrors.NotFound(pid);
    }
}
