using System.Buffers.Binary;
using System.Text;

namespace VmAtlas.Capture.Linux.Cores;

/// <summary>A thread of a core: NT_PRSTATUS.</summary>
/// <param name="StackPointer">0 where the machine's registers are not known here.</param>
readonly record struct CoreThread(int Tid, ulong StackPointer);

/// <summary>A mapping of a file: NT_FILE.</summary>
/// <param name="Offset">In bytes.</param>
readonly record struct CoreMappedFile(ulong Start, ulong End, ulong Offset, int Path);

/// <summary>What the kernel wrote into a core besides memory (fs/binfmt_elf.c): threads, files, arguments, the auxiliary vector.</summary>
sealed class CoreNotes
{
    public const ulong AuxiliaryPageSize = 6, AuxiliaryRandom = 25, AuxiliaryProgram = 31, AuxiliaryVdso = 33;

    const uint PrStatus = 1, PrPsInfo = 3, Auxiliary = 6, Files = 0x46494c45;
    const int MostThreads = 1 << 20;
    const ushort MachineX86 = 62, MachineArm = 183;

    readonly List<CoreThread> _threads = [];
    readonly List<CoreMappedFile> _files = [];
    readonly Dictionary<ulong, ulong> _auxiliary = [];
    readonly ushort _machine;

    CoreNotes(ushort machine) => _machine = machine;

    /// <summary>The first one is the thread that a signal ended, or whom the core is of.</summary>
    public IReadOnlyList<CoreThread> Threads => _threads;

    /// <summary>In the order of the note, which is that of addresses.</summary>
    public IReadOnlyList<CoreMappedFile> MappedFiles => _files;

    /// <summary>Paths by the numbers in <see cref="MappedFiles"/>; the system's bytes.</summary>
    public List<byte[]> Paths { get; } = [];

    /// <summary>Name of the program, at most 15 bytes; null without NT_PRPSINFO.</summary>
    public string? Name { get; private set; }

    /// <summary>The first 79 bytes of its arguments.</summary>
    public string? Arguments { get; private set; }

    public int Pid { get; private set; }

    public int ParentPid { get; private set; }

    public uint? Uid { get; private set; }

    public ulong? AuxiliaryValue(ulong key) => _auxiliary.TryGetValue(key, out var value) ? value : null;

    public static CoreNotes Parse(ReadOnlySpan<byte> notes, ushort machine)
    {
        var parsed = new CoreNotes(machine);
        while (notes.Length >= 12)
        {
            var (name, length, kind) = (U32(notes, 0), U32(notes, 4), U32(notes, 8));
            var start = 12 + ((ulong)name + 3 & ~3UL);
            if (start + length > (ulong)notes.Length)
                break;
            parsed.Take(kind, notes.Slice((int)start, (int)length));
            var next = start + ((ulong)length + 3 & ~3UL);
            notes = next < (ulong)notes.Length ? notes[(int)next..] : default;
        }
        return parsed;
    }

    void Take(uint kind, ReadOnlySpan<byte> note)
    {
        switch (kind)
        {
            case PrStatus when note.Length >= 112 && _threads.Count < MostThreads:
                _threads.Add(new CoreThread(I32(note, 32), StackPointer(note[112..])));
                break;
            case PrPsInfo when note.Length >= 136:
                (Uid, Pid, ParentPid) = (U32(note, 16), I32(note, 24), I32(note, 28));
                (Name, Arguments) = (Text(note.Slice(40, 16)), Text(note.Slice(56, 80)).TrimEnd());
                break;
            case Auxiliary:
                for (; note.Length >= 16; note = note[16..])
                    _auxiliary.TryAdd(U64(note, 0), U64(note, 8));
                break;
            case Files:
                TakeFiles(note);
                break;
        }
    }

    /// <summary>elf_gregset_t: rsp is the 20th register of x86-64, sp the 32nd of arm64.</summary>
    ulong StackPointer(ReadOnlySpan<byte> registers)
    {
        var at = _machine switch { MachineX86 => 19 * 8, MachineArm => 31 * 8, _ => int.MaxValue - 8 };
        return at + 8 <= registers.Length ? U64(registers, at) : 0;
    }

    /// <summary>Count and page size; start, end and page offset of each; then their paths, each ended by a zero.</summary>
    void TakeFiles(ReadOnlySpan<byte> note)
    {
        if (note.Length < 16 || U64(note, 0) > (ulong)note.Length / 24)
            return;
        var (count, page) = ((int)U64(note, 0), U64(note, 8));
        if (count * 24 + 16 > note.Length || page is 0 or > 1 << 24)
            return;
        var paths = note[(16 + count * 24)..];
        var known = new Dictionary<string, int>();
        for (var i = 0; i < count; i++)
        {
            var end = paths.IndexOf((byte)0);
            if (end < 0)
                return;
            var key = Encoding.Latin1.GetString(paths[..end]);
            if (!known.TryGetValue(key, out var path))
            {
                known.Add(key, path = Paths.Count);
                Paths.Add(paths[..end].ToArray());
            }
            paths = paths[(end + 1)..];
            var entry = note.Slice(16 + i * 24, 24);
            _files.Add(new CoreMappedFile(U64(entry, 0), U64(entry, 8), unchecked(U64(entry, 16) * page), path));
        }
    }

    static string Text(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    static int I32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);

    static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
