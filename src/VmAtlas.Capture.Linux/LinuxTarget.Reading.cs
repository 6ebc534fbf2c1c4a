using VmAtlas.Capture.Linux.Facts;
using VmAtlas.Capture.Linux.Memory;
using VmAtlas.Capture.Linux.Proc;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux;

/// <summary>Mappings and counters.</summary>
public sealed partial class LinuxTarget
{
    /// <summary>Up to here smaps_rollup, which walks all pages once more, costs next to nothing.</summary>
    const int FewMappings = 4096;
    const ulong LittleResident = 1UL << 30;

    readonly ProcText _text = new();
    SmapsParser? _parser;
    DeletedNames? _deleted;

    /// <summary>Whether <see cref="ReadCounters"/> adds smaps_rollup, an eighth more work than the mappings alone; null: where it is cheap.</summary>
    public bool? ReadsRollup { get; init; }

    /// <summary>Called by <see cref="ReadMappings"/> once when there are so many mappings that the kernel will need a while to list them: what is
    /// started there on another thread has that time for itself.</summary>
    public Action? WhileReading { get; set; }

    /// <inheritdoc/>
    public void ReadMappings(BlockTable mappings, StringTable strings, ICollection<Problem> problems)
    {
        OpenAddressSpace();
        var parser = ParserFor(mappings, strings);
        using (var file = _space!.Folder.Open("smaps", out var errno))
        {
            if (file.IsInvalid)
                throw TargetErrors.Unreadable(Process, errno);
            parser.Begin();
            errno = _text.Read(file, parser, WhileReading);
            parser.End();
            if (errno != 0)
                throw TargetErrors.Unreadable(Process, errno);
        }
        if (mappings.Count == 0)
            throw TargetErrors.Gone(_folder, Process);
        _special.Learn(mappings);
        (_deleted ??= new DeletedNames(_files)).Resolve(mappings, strings);
        _highest = HighestEnd(mappings);
        Report(parser, MixedPrivate.Resolve(mappings, parser.Mixed, _pages), problems);
    }

    /// <summary>Counters of status (VmSize, VmPTE, RssAnon, … as the kernel names them), <c>rollup.*</c> and <c>cgroup.*</c>.</summary>
    /// <remarks>status and cgroup need no rights: this works where <see cref="ReadMappings"/> is refused.</remarks>
    public IReadOnlyDictionary<string, ulong> ReadCounters(ICollection<Problem> problems)
    {
        var counters = new Dictionary<string, ulong>();
        new StatusText(_folder.TryRead("status", out _) ?? []).AddBytes(counters);
        if (counters.Count == 0 && _space?.Folder.TryRead("status", out _) is { } ofThread)
            new StatusText(ofThread).AddBytes(counters);
        if (_space is not null && (ReadsRollup ?? IsRollupCheap(counters)))
            new StatusText(_space.Folder.TryRead("smaps_rollup", out _) ?? []).AddBytes(counters, "rollup.");
        if (ProcessFactsReader.Cgroup(_folder) is { } cgroup)
            CgroupCounters.Add(cgroup, counters);
        return counters;
    }

    /// <summary>What everybody may know of a process: VmSize, VmRSS, RssAnon, VmSwap, …; false when not even that.</summary>
    public bool TryReadTotals(out IReadOnlyDictionary<string, ulong> totals)
    {
        totals = ReadCounters([]);
        return totals.ContainsKey("VmSize");
    }

    /// <summary>Opens the files of the address space there is now: after an exec it is another one.</summary>
    void OpenAddressSpace()
    {
        var hadOne = _space is not null;
        _space?.Dispose();
        _space = AddressSpaceFiles.TryOpen(_folder, out var errno);
        if (_space is null)
            throw errno == 0 ? TargetErrors.WithoutMemory(_folder, Process) : TargetErrors.Unreadable(Process, errno);
        _pages.Open(_space.Folder);
        _memory.Open(_space.Folder);
        if (hadOne)
            _process = Task.FromResult(ProcessFactsReader.Read(_folder, Process.Pid));
    }

    SmapsParser ParserFor(BlockTable mappings, StringTable strings)
    {
        if (_parser is null || _parser.Mappings != mappings || _parser.Strings != strings)
            _parser = new SmapsParser(mappings, strings);
        return _parser;
    }

    bool IsRollupCheap(Dictionary<string, ulong> counters) =>
        _parser is { Mappings.Count: <= FewMappings } && counters.GetValueOrDefault("VmRSS") <= LittleResident;

    void Report(SmapsParser parser, bool mixedKnown, ICollection<Problem> problems)
    {
        if (parser.Moved > 0)
            problems.Add(new Problem("mappings-moved", $"{parser.Moved} mappings changed while they were read and were clipped or left out"));
        if (parser.Unreadable > 0)
            problems.Add(new Problem("smaps-odd", $"{parser.Unreadable} lines of smaps were not understood and were left out"));
        if (VmFlags.Overflowed)
            problems.Add(new Problem("vmflags-overflow", "the kernel has more new VmFlags than this version can keep: some are not shown"));
        if (!_pages.IsOpen)
            problems.Add(new Problem("pagemap-denied", "page states and memory can not be read: needs to run as the target's user or root"));
        if (!mixedKnown)
            problems.Add(new Problem("private-ws-estimated", $"Private WS of {parser.Mixed.Count} file mappings is an upper bound: needs pagemap"));
    }

    static ulong HighestEnd(BlockTable mappings)
    {
        // The [vsyscall] page lies in the kernel's half and is the last row where there is one.
        for (var i = mappings.Count - 1; i >= 0; i--)
        {
            if (mappings.Ends[i] <= 1UL << 56)
                return mappings.Ends[i];
        }
        return 0;
    }
}
