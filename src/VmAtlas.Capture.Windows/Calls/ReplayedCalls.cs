using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Calls;

/// <summary>Answers as a recording says; what was never asked is answered as an error.</summary>
/// <remarks>The last answer to a question counts. Memory is kept by pages, so that it can be read in other pieces than it was.</remarks>
sealed class ReplayedCalls : IWindowsCalls
{
    /// <summary>A recording larger than this is not read: its memory would be held here.</summary>
    public const long MostBytes = 1L << 30;

    const int PageBytes = 4096, LongestAnswer = 1 << 24;

    readonly Dictionary<(WindowsQuestion, ulong), (uint Error, byte[] Answer)> _answers = [];
    readonly Dictionary<ulong, byte[]> _pages = [];
    readonly Dictionary<ulong, ulong> _attributes = [];
    readonly SortedList<ulong, ulong> _ranges = [];
    uint _workingSetError = Native.ErrorInvalidParameter;

    ReplayedCalls(int pid) => Pid = pid;

    public int Pid { get; }

    public IReadOnlyList<SavedPiece> SavedPieces => [];

    public static bool IsRecording(ReadOnlySpan<byte> start) => start.StartsWith(RecordingCalls.Magic);

    /// <exception cref="VmAtlasException"><see cref="Failure.BadFile"/>: not a recording, of another version, or too large.</exception>
    public static ReplayedCalls Read(Stream file, string name)
    {
        Span<byte> head = stackalloc byte[RecordingCalls.RecordBytes];
        if (file.Length > MostBytes)
            throw Bad(name, $"it is larger than {MostBytes >> 20} MiB");
        if (file.ReadAtLeast(head[..RecordingCalls.HeadBytes], RecordingCalls.HeadBytes, throwOnEndOfStream: false) < RecordingCalls.HeadBytes || !IsRecording(head))
            throw Bad(name, "it does not begin as one");
        ReadOnlySpan<byte> fields = head;
        if (fields.U32(8) != RecordingCalls.Version)
            throw Bad(name, $"it is of version {fields.U32(8)}, and this program reads version {RecordingCalls.Version}");
        var calls = new ReplayedCalls((int)fields.U32(12));
        // A recording that was cut off is good up to there.
        while (file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length)
        {
            var length = fields.U32(20);
            if (length > LongestAnswer || length > file.Length - file.Position)
                break;
            var answer = new byte[length];
            file.ReadExactly(answer);
            calls.Keep((WindowsQuestion)head[0], fields.U64(8), fields.U32(4), answer);
        }
        return calls;
    }

    public int Ask(WindowsQuestion question, ulong argument, Span<byte> answer, out uint error)
    {
        if (question == WindowsQuestion.Bytes)
            return ReadMemory(argument, answer, out error);
        if (question == WindowsQuestion.Memory && RangeOf(argument) is { } start)
            argument = start;
        if (!_answers.TryGetValue((question, argument), out var kept))
        {
            error = Native.ErrorInvalidParameter;
            return 0;
        }
        error = kept.Error;
        var length = Math.Min(kept.Answer.Length, answer.Length);
        kept.Answer.AsSpan(0, length).CopyTo(answer);
        return length;
    }

    public uint WorkingSet(Span<WorkingSetPage> pages)
    {
        foreach (ref var page in pages)
            page.Attributes = _attributes.GetValueOrDefault(page.Address);
        return _workingSetError;
    }

    public void Dispose()
    {
    }

    void Keep(WindowsQuestion question, ulong argument, uint error, byte[] answer)
    {
        if (question == WindowsQuestion.Bytes)
        {
            KeepMemory(argument, answer);
            return;
        }
        if (question == RecordingCalls.WorkingSetRecord)
        {
            _workingSetError = error;
            foreach (var page in MemoryMarshal.Cast<byte, WorkingSetPage>(answer))
                _attributes[page.Address] = page.Attributes;
            return;
        }
        if (question == WindowsQuestion.Memory && error == 0 && answer.Length == 48)
            _ranges[argument] = argument;
        _answers[(question, argument)] = (error, answer);
    }

    /// <summary>The system answers for a whole range, whatever address of it is asked about.</summary>
    ulong? RangeOf(ulong address)
    {
        var (low, high) = (0, _ranges.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (_ranges.Keys[middle] <= address)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return high >= 0 ? _ranges.Keys[high] : null;
    }

    void KeepMemory(ulong address, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var (page, into) = (address & ~(ulong)(PageBytes - 1), (int)(address & (PageBytes - 1)));
            var length = Math.Min(bytes.Length, PageBytes - into);
            if (!_pages.TryGetValue(page, out var kept))
                _pages.Add(page, kept = new byte[PageBytes]);
            bytes[..length].CopyTo(kept.AsSpan(into));
            bytes = bytes[length..];
            address = unchecked(address + (ulong)length);
        }
    }

    int ReadMemory(ulong address, Span<byte> into, out uint error)
    {
        var done = 0;
        while (done < into.Length && _pages.TryGetValue(address & ~(ulong)(PageBytes - 1), out var page))
        {
            var from = (int)(address & (PageBytes - 1));
            var length = Math.Min(into.Length - done, PageBytes - from);
            page.AsSpan(from, length).CopyTo(into[done..]);
            done += length;
            address = unchecked(address + (ulong)length);
        }
        error = done == into.Length ? 0 : Native.ErrorPartialCopy;
        return done;
    }

    static VmAtlasException Bad(string name, string why) => new(Failure.BadFile, $"{name} is no recording of Windows' answers that can be read: {why}");
}
