using VmAtlas.Capture.Linux.Memory;
using VmAtlas.Capture.Linux.Proc;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux;

/// <summary>A live process, read through <c>/proc/PID</c>. Not thread-safe.</summary>
public sealed class LinuxTarget : ICaptureTarget, IMemorySource, IPageSource, IMappedFiles
{
    readonly ProcFolder _folder;
    readonly SpecialRanges _special = new();
    readonly PageMap _pages;
    readonly ProcessMemory _memory;
    readonly MappedFiles _files;
    readonly ThreadList _threads;
    readonly ProcText _text = new();

    public LinuxTarget(int pid)
    {
        _folder = ProcFolder.TryOpen($"/proc/{pid}") ?? throw new VmAtlasException(Failure.NotFound, $"there is no process {pid}");
        _pages = new PageMap(_folder, _special);
        _memory = new ProcessMemory(pid, _folder, _pages, _special);
        _files = new MappedFiles(_folder);
        _threads = new ThreadList(_folder);
        Process = new ProcessFacts { Pid = pid, Name = _folder.TryReadText("comm")?.TrimEnd('\n') ?? "" };
    }

    public ProcessFacts Process { get; }

    public SystemFacts System { get; } = new() { Kernel = Environment.OSVersion.VersionString };

    public AddressSpaceLayout Layout { get; } = new(new Address(65536), new Address(0x7ffffffff000), new ByteSize(256 * 4096));

    public ByteSize PageSize => _pages.PageSize;

    /// <summary>Ids of the threads there are now, ascending; one directory listing.</summary>
    public int[] ThreadIds => _threads.Ids();

    /// <summary>The threads there are now with name and state: reads one file a thread.</summary>
    public IReadOnlyList<ThreadInfo> Threads => _threads.Read();

    /// <summary>One thread's name, cheaper than <see cref="Threads"/>; null when it has ended.</summary>
    public string? ThreadName(int tid) => _threads.Name(tid);

    /// <summary>A file of <c>/proc/PID</c> as text ("limits", "task/12/syscall"), at most 1 MiB of it; null when it is gone or not permitted.</summary>
    public string? TryReadProc(string name) => _folder.TryReadText(name);

    /// <summary>Opens the file behind a mapping for reading; null when there is none, it is no regular file, it can not be reached from
    /// here, or its path now leads to another file.</summary>
    /// <param name="mapping">A row of <paramref name="mappings"/>, as read and not clipped.</param>
    public MappedFile? OpenMapped(BlockTable mappings, StringTable strings, int mapping) =>
        _files.TryOpen(mappings.Starts[mapping], mappings.Ends[mapping], strings.Utf8(mappings.Names[mapping]),
            mappings.Devices[mapping], mappings.Inodes[mapping]);

    public int Read(Address start, Span<byte> into) => _memory.Read(start, into);

    public bool TryReadPages(AddressRange range, Span<PageState> pages) => _pages.TryReadPages(range, pages);

    public bool TryTally(AddressRange range, out PageTally tally) => _pages.TryTally(range, out tally);

    public void ReadMappings(BlockTable mappings, StringTable strings, ICollection<Problem> problems)
    {
        var parser = new SmapsParser(mappings, strings);
        using var file = _folder.Open("smaps", out _);
        _text.Read(file, parser);
        parser.End();
        _special.Learn(mappings);
    }

    public IReadOnlyDictionary<string, ulong> ReadCounters(ICollection<Problem> problems)
    {
        var counters = new Dictionary<string, ulong>();
        foreach (var line in File.ReadLines($"{_folder.Path}/status"))
        {
            var colon = line.IndexOf(':');
            if (line.EndsWith(" kB", StringComparison.Ordinal) && ulong.TryParse(line.AsSpan(colon + 1, line.Length - colon - 4).Trim(), out var kib))
                counters[line[..colon]] = kib << 10;
        }
        return counters;
    }

    public void EnsureUnchanged()
    {
    }

    public void Dispose()
    {
        _memory.Dispose();
        _pages.Dispose();
        _files.Dispose();
        _folder.Dispose();
    }
}
