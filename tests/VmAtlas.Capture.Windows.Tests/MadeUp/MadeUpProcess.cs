using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VmAtlas.Capture.Windows.Calls;

namespace VmAtlas.Capture.Windows.Tests.MadeUp;

/// <summary>A process of Windows that never was, for what Wine does not have. Addresses that nothing was put at are free.</summary>
sealed class MadeUpProcess : IWindowsCalls
{
    public const ulong Peb = 0x100000;

    public const uint Commit = 0x1000, Reserve = 0x2000, Private = 0x20000, Mapped = 0x40000, Image = 0x1000000;

    sealed record Range(ulong Start, ulong Size, ulong Base, uint State, uint Protection, uint Kind);

    readonly SortedList<ulong, Range> _ranges = [];
    readonly SortedList<ulong, byte[]> _memory = [];
    readonly Dictionary<ulong, string> _names = [];
    readonly Dictionary<uint, ulong> _threads = [];
    readonly Dictionary<ulong, ulong> _pages = [];

    public MadeUpProcess() => Add(Peb, 0x1000, Commit, 4, Private);

    public int Pid => 4712;

    /// <summary>PEB32 of a 32-bit process; 0 for none.</summary>
    public ulong NarrowPeb { get; set; }

    public ulong WorkingSetSize { get; set; }

    /// <summary>The system lets nobody query its memory.</summary>
    public bool IsProtected { get; set; }

    public MadeUpProcess Add(ulong start, ulong size, uint state, uint protection, uint kind, ulong? allocation = null)
    {
        _ranges.Add(start, new Range(start, size, allocation ?? start, state, protection, kind));
        if (state == Commit)
            _memory.Add(start, new byte[size]);
        return this;
    }

    public MadeUpProcess Name(ulong start, string native)
    {
        _names[start] = native;
        return this;
    }

    public MadeUpProcess Thread(uint id, ulong block)
    {
        _threads[id] = block;
        return this;
    }

    /// <summary>Writes a number of 8 bytes, or of as many as are given.</summary>
    public MadeUpProcess Write(ulong address, ulong value, int bytes = 8)
    {
        Span<byte> word = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(word, value);
        var (start, memory) = _memory.Last(m => m.Key <= address);
        word[..bytes].CopyTo(memory.AsSpan((int)(address - start)));
        return this;
    }

    /// <summary>Puts pages into the working set.</summary>
    public MadeUpProcess Resident(ulong start, int pages, ulong attributes)
    {
        for (var i = 0; i < pages; i++)
            _pages[start + (ulong)i * 4096] = attributes | 1;
        return this;
    }

    public int Ask(WindowsQuestion question, ulong argument, Span<byte> answer, out uint error)
    {
        if (IsProtected && question is (WindowsQuestion.Memory or WindowsQuestion.Bytes))
        {
            error = Native.ErrorAccessDenied;
            return 0;
        }
        var length = question switch
        {
            WindowsQuestion.Memory => Query(argument, answer),
            WindowsQuestion.Bytes => Read(argument, answer),
            WindowsQuestion.MappedName => Text(_names.GetValueOrDefault(argument), answer),
            WindowsQuestion.Process when argument == 0 => Words(answer[..48], (1, Peb), (5, 17UL)),
            WindowsQuestion.Process when argument == 26 => Words(answer[..8], (0, NarrowPeb)),
            WindowsQuestion.Thread when _threads.TryGetValue((uint)argument, out var block) => Words(answer[..48], (1, block)),
            WindowsQuestion.Threads => Ids(answer),
            WindowsQuestion.Counters when WorkingSetSize > 0 => Words(answer[..80], (2, WorkingSetSize)),
            WindowsQuestion.Ended => Words(answer[..4]),
            WindowsQuestion.ImageName => Text(@"C:\made\up.exe", answer),
            WindowsQuestion.Drive when argument == 'C' => Text(@"\Device\HarddiskVolume3", answer),
            _ => 0,
        };
        error = length > 0 ? 0 : Native.ErrorInvalidParameter;
        return length;
    }

    public uint WorkingSet(Span<WorkingSetPage> pages)
    {
        foreach (ref var page in pages)
            page.Attributes = _pages.GetValueOrDefault(page.Address);
        return 0;
    }

    public void Dispose()
    {
    }

    int Query(ulong address, Span<byte> answer)
    {
        var inside = _ranges.Values.LastOrDefault(r => r.Start <= address);
        if (inside is not null && address < inside.Start + inside.Size)
            return Words(answer[..48], (0, inside.Start), (1, inside.Base), (3, inside.Size), (4, inside.State | (ulong)inside.Protection << 32), (5, inside.Kind));
        var start = inside is null ? 0 : inside.Start + inside.Size;
        var next = _ranges.Values.FirstOrDefault(r => r.Start > address)?.Start ?? 0x7FFFFFFF0000;
        return address >= next ? 0 : Words(answer[..48], (0, start), (3, next - start), (4, 0x10000UL));
    }

    int Read(ulong address, Span<byte> into)
    {
        var (start, memory) = _memory.LastOrDefault(m => m.Key <= address);
        if (memory is null || address >= start + (ulong)memory.Length)
            return 0;
        var left = memory.AsSpan((int)(address - start));
        left = left[..Math.Min(left.Length, into.Length)];
        left.CopyTo(into);
        return left.Length;
    }

    int Ids(Span<byte> answer)
    {
        _threads.Keys.ToArray().CopyTo(MemoryMarshal.Cast<byte, uint>(answer));
        return _threads.Count * 4;
    }

    static int Words(Span<byte> answer, params ReadOnlySpan<(int At, ulong Value)> words)
    {
        answer.Clear();
        foreach (var (at, value) in words)
            BinaryPrimitives.WriteUInt64LittleEndian(answer[(at * 8)..], value);
        return answer.Length;
    }

    static int Text(string? text, Span<byte> answer)
    {
        MemoryMarshal.AsBytes(text.AsSpan()).CopyTo(answer);
        return (text?.Length ?? 0) * 2;
    }
}
