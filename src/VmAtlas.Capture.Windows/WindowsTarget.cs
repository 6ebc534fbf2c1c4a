using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Capture.Windows.Dumps;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows;

/// <summary>A process of Windows, read without stopping it. Not thread-safe.</summary>
/// <remarks>Its ranges need PROCESS_QUERY_INFORMATION and PROCESS_VM_READ; where those are refused, who it is and its counters can still be asked.</remarks>
public sealed partial class WindowsTarget : ICaptureTarget, IMemorySource, IAllocationSource, ISavedMemory
{
    readonly IWindowsCalls _calls;
    readonly List<Allocation> _allocations = [];
    readonly SectionNames _names;
    readonly WorkingSet _workingSet;

    internal WindowsTarget(IWindowsCalls calls)
    {
        _calls = calls;
        (System, Layout) = SystemFactsReader.Read(calls);
        Environment = new ProcessEnvironment(calls, this);
        Process = ProcessFactsReader.Read(calls, Environment, System.Architecture);
        _names = new SectionNames(calls);
        _workingSet = new WorkingSet(calls, System.PageSize.Bytes);
    }

    public ProcessFacts Process { get; }

    public SystemFacts System { get; }

    public AddressSpaceLayout Layout { get; }

    public IReadOnlyList<Allocation> Allocations => _allocations;

    /// <inheritdoc/>
    public IReadOnlyList<SavedPiece>? SavedPieces => _calls.SavedPieces;

    /// <summary>When it was saved, of a dump that says so.</summary>
    public DateTimeOffset? SavedAt => _calls.SavedAt;

    /// <summary>PEB, heaps and threads.</summary>
    internal ProcessEnvironment Environment { get; }

    internal IWindowsCalls Calls => _calls;

    /// <summary>A minidump, as far as it tells: see <see cref="MinidumpCalls"/>.</summary>
    /// <exception cref="VmAtlasException"><see cref="Failure.BadFile"/></exception>
    public static WindowsTarget OfMinidump(string path)
    {
        var file = MinidumpFile.Open(path);
        try
        {
            return new WindowsTarget(new MinidumpCalls(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file begins as a minidump does.</summary>
    public static bool IsMinidump(ReadOnlySpan<byte> start) => MinidumpFile.IsMinidump(start);

    /// <summary>A recording made by VMATLAS_RECORD_CALLS: see docs/windows.md.</summary>
    /// <exception cref="VmAtlasException"><see cref="Failure.BadFile"/></exception>
    public static WindowsTarget OfRecording(Stream file, string name) => new(ReplayedCalls.Read(file, name));

    /// <summary>Whether a file begins as a recording does.</summary>
    public static bool IsRecording(ReadOnlySpan<byte> start) => ReplayedCalls.IsRecording(start);

    /// <inheritdoc/>
    public void ReadMappings(BlockTable mappings, StringTable strings, ICollection<Problem> problems)
    {
        var error = new RangeScan(_calls, mappings, _allocations).Run(Layout.End.Value);
        if (mappings.Count == 0)
            throw HasEnded ? WindowsErrors.Ended(_calls.Pid) : WindowsErrors.Refused(_calls.Pid, error == 0 ? Native.ErrorAccessDenied : error);
        if (error != 0)
            problems.Add(new Problem("ranges-cut", $"the list of ranges ends at {new Address(mappings.Ends[^1])}: {WindowsErrors.Text(error)}"));
        mappings.MarkPresent(Measure.Committed);
        mappings.MarkPresent(Measure.Private);
        _names.Resolve(mappings, strings, _allocations);
        _workingSet.Measure(mappings, _allocations, problems);
        if (_calls.TellsProtection)
            return;
        problems.Add(new Problem("ranges-untold", "the dump has no list of ranges: images and saved memory are all that is shown, as if it could be read and written; what lies between is not known to be free"));
        mappings.MarkAbsent(Measure.Committed);
        mappings.MarkAbsent(Measure.Private);
    }

    /// <summary>WorkingSetSize, PrivateUsage, PagefileUsage, … of PROCESS_MEMORY_COUNTERS_EX, by their own names, and VmPTE where it follows.</summary>
    public IReadOnlyDictionary<string, ulong> ReadCounters(ICollection<Problem> problems) => ProcessCounters.Read(_calls, _workingSet.Total);

    public void EnsureUnchanged()
    {
        if (HasEnded)
            throw WindowsErrors.Ended(_calls.Pid);
    }

    /// <inheritdoc/>
    public int Read(Address start, Span<byte> into)
    {
        if (into.IsEmpty)
            return 0;
        var got = _calls.Ask(WindowsQuestion.Bytes, start.Value, into, out var error);
        return error == 0 || got > 0 ? got : ReadFirstPage(start, into);
    }

    public void Dispose() => _calls.Dispose();

    bool HasEnded => _calls.AskAll(WindowsQuestion.Ended, 0, 4) is { } ended && ended[0] != 0;

    /// <summary>ReadProcessMemory gives nothing where one of several pages can not be read: up to the first page's end may be had all the same.</summary>
    int ReadFirstPage(Address start, Span<byte> into)
    {
        var page = System.PageSize.Bytes;
        var left = (int)Math.Min((ulong)into.Length, page - start.Value % page);
        return left == into.Length ? 0 : _calls.Ask(WindowsQuestion.Bytes, start.Value, into[..left], out _);
    }
}
