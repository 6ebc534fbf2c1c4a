using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VmAtlas.Capture.Windows.Calls;

namespace VmAtlas.Capture.Windows.Dumps;

/// <summary>Answers as the system would have when the dump was written. What a dump can not know (the working set, counters) is an error.</summary>
sealed class MinidumpCalls : IWindowsCalls
{
    readonly MinidumpFile _file;
    readonly DumpedMemory[] _memory;
    readonly MinidumpRanges _ranges;
    readonly MinidumpModules _modules;
    readonly MinidumpThreads _threads;
    readonly MinidumpBlocks _blocks;
    readonly byte[] _system, _misc;

    public MinidumpCalls(MinidumpFile file)
    {
        _file = file;
        _memory = MinidumpMemory.Read(file);
        _modules = MinidumpModules.Read(file);
        _ranges = MinidumpRanges.Read(file, _memory, _modules);
        _threads = MinidumpThreads.Read(file);
        (_system, _misc) = (file.Stream(MinidumpFile.SystemInfo), file.Stream(MinidumpFile.MiscInfo));
        if (ForeignSystem is { } system)
            throw file.Bad($"it is of a process of {system}, as Breakpad and Crashpad write them, not of Windows");
        if (_ranges.Count == 0)
            throw file.Bad("it has no memory in it");
        _blocks = new MinidumpBlocks(_threads.Blocks, Read, IsNarrow, _modules.HasOne("\\wow64.dll"));
    }

    /// <summary>MINIDUMP_MISC_INFO.ProcessId, where the flags say that it is there.</summary>
    public int Pid => _misc.Length >= 12 && (_misc[4] & 1) != 0 ? BinaryPrimitives.ReadInt32LittleEndian(_misc.AsSpan(8)) : 0;

    public IReadOnlyList<SavedPiece> SavedPieces
    {
        get
        {
            var path = Path.GetFullPath(_file.Path);
            return [.. _memory.Select(m => new SavedPiece(m.Start, m.Size, m.Offset, path))];
        }
    }

    public bool TellsProtection => _ranges.AreTold;

    public DateTimeOffset? SavedAt => _file.WrittenAt;

    /// <summary>Written by a 32-bit program: a process of 32-bit Windows, or the 32-bit side of one.</summary>
    bool IsNarrow => _system.Length >= 2 && BinaryPrimitives.ReadUInt16LittleEndian(_system) == 0;

    /// <summary>MINIDUMP_SYSTEM_INFO.PlatformId: numbers from 0x8000 on are not Microsoft's.</summary>
    string? ForeignSystem => _system.Length < 24 ? null : BinaryPrimitives.ReadUInt32LittleEndian(_system.AsSpan(20)) switch
    {
        < 0x8000 => null,
        0x8101 => "macOS",
        0x8102 => "iOS",
        0x8201 => "Linux",
        0x8203 => "Android",
        _ => "another system",
    };

    public ulong? StackOf(uint thread) => _threads.StackOf(thread);

    public int Ask(WindowsQuestion question, ulong argument, Span<byte> answer, out uint error)
    {
        var length = question switch
        {
            WindowsQuestion.Memory => _ranges.Answer(argument, answer),
            WindowsQuestion.Bytes => Read(argument, answer),
            WindowsQuestion.MappedName => Text(_modules.NameAt(argument), answer),
            WindowsQuestion.ImageName => Text(_modules.Program, answer),
            WindowsQuestion.Threads => _threads.Ids(answer),
            WindowsQuestion.Thread when argument >> 32 == 0 => _threads.Basic((uint)argument, answer),
            WindowsQuestion.Process when argument == 0 => Basic(answer),
            WindowsQuestion.Process when argument == 4 => Times(answer),
            WindowsQuestion.Process when argument == 26 => Wow64(answer),
            WindowsQuestion.System => SystemFacts(answer),
            WindowsQuestion.Ended => Zeros(answer, 4),
            _ => 0,
        };
        error = length > 0 ? 0 : Native.ErrorInvalidParameter;
        return length;
    }

    public uint WorkingSet(Span<WorkingSetPage> pages) => Native.ErrorInvalidParameter;

    public void Dispose() => _file.Dispose();

    int Read(ulong address, Span<byte> into) => MinidumpMemory.Read(_file, _memory, address, into);

    /// <summary>PROCESS_BASIC_INFORMATION with the 64-bit PEB.</summary>
    int Basic(Span<byte> answer)
    {
        if (answer.Length < 48 || _blocks.Wide == 0)
            return 0;
        answer[..48].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(answer[8..], _blocks.Wide);
        BinaryPrimitives.WriteInt32LittleEndian(answer[32..], Pid);
        return 48;
    }

    /// <summary>ProcessWow64Information: the 32-bit PEB.</summary>
    int Wow64(Span<byte> answer) => _blocks.Narrow != 0 && BinaryPrimitives.TryWriteUInt64LittleEndian(answer, _blocks.Narrow) ? 8 : 0;

    /// <summary>KERNEL_USER_TIMES with the start of the process (a time_t in the dump).</summary>
    int Times(Span<byte> answer)
    {
        const ulong UnixEpoch = 116_444_736_000_000_000, Second = 10_000_000;
        if (_misc.Length < 16 || (_misc[4] & 2) == 0 || answer.Length < 32)
            return 0;
        answer[..32].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(answer, UnixEpoch + BinaryPrimitives.ReadUInt32LittleEndian(_misc.AsSpan(12)) * Second);
        return 32;
    }

    /// <summary>MINIDUMP_SYSTEM_INFO in the order of <see cref="WindowsQuestion.System"/>; page size and limits are what every Windows has of its width;
    /// a 32-bit process has the upper half only where it uses it.</summary>
    int SystemFacts(Span<byte> answer)
    {
        if (_system.Length < 20 || answer.Length < 48)
            return 0;
        answer[..48].Clear();
        _system.AsSpan(8, 12).CopyTo(answer); // major, minor, build
        BinaryPrimitives.WriteUInt32LittleEndian(answer[12..], BinaryPrimitives.ReadUInt16LittleEndian(_system));
        BinaryPrimitives.WriteUInt32LittleEndian(answer[16..], 4096);
        BinaryPrimitives.WriteUInt32LittleEndian(answer[20..], 64 << 10);
        BinaryPrimitives.WriteUInt64LittleEndian(answer[24..], 0x10000);
        BinaryPrimitives.WriteUInt64LittleEndian(answer[32..], !IsNarrow ? 0x7FFF_FFFE_FFFFu : _ranges.End > 0x8000_0000 ? 0xFFFE_FFFFu : 0x7FFE_FFFFu);
        return 48;
    }

    static int Zeros(Span<byte> answer, int count)
    {
        answer[..count].Clear();
        return count;
    }

    static int Text(string? text, Span<byte> answer)
    {
        var bytes = MemoryMarshal.AsBytes(text.AsSpan());
        return bytes.TryCopyTo(answer) ? bytes.Length : 0;
    }
}
