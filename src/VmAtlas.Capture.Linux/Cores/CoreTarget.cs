using VmAtlas.Capture.Linux.Facts;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Cores;

/// <summary>A process as its core dump has it: mappings, files, threads, and the memory that was written.</summary>
/// <remarks>What a core can not know is absent: commit, working set, swap, page tables, and whether a mapping is shared (all are taken for private).
/// The limits of the address space are the machine's usual ones.</remarks>
public sealed class CoreTarget : ICaptureTarget, IMemorySource, ISavedMemory
{
    const ulong UserEnd = 0x7ffffffff000, UserEndArm = 1UL << 48, UserEndWide = 0xfffffffffff000, Vsyscall = 0xffffffffff600000;
    const ushort MachineArm = 183;

    readonly CoreFile _core;

    CoreTarget(CoreFile core, CoreNotes notes)
    {
        (_core, Notes) = (core, notes);
        var architecture = core.Machine switch { 62 => "x86-64", MachineArm => "arm64", _ => null };
        var page = notes.AuxiliaryValue(CoreNotes.AuxiliaryPageSize) is >= 4096 and <= 1 << 20 and var size && (size & (size - 1)) == 0 ? size : 4096;
        System = new SystemFacts { Kernel = "Linux (a core dump)", Architecture = architecture, PageSize = new ByteSize(page) };
        Process = new ProcessFacts
        {
            Pid = notes.Pid,
            ParentPid = notes.ParentPid > 0 ? notes.ParentPid : null,
            Name = notes.Name is { Length: > 0 } name ? name : Path.GetFileName(core.Path),
            Command = notes.Arguments is { Length: > 0 } arguments ? arguments : null,
            User = notes.Uid is { } uid ? uid.ToString(global::System.Globalization.CultureInfo.InvariantCulture) : null,
            Threads = notes.Threads.Count > 0 ? notes.Threads.Count : null,
            Architecture = architecture,
            Executable = Executable(notes),
        };
        var highest = core.Segments.LastOrDefault(s => s.End <= UserEndWide).End;
        var end = core.Machine == MachineArm ? UserEndArm : highest > UserEnd ? UserEndWide : UserEnd;
        Layout = new AddressSpaceLayout(Address.Zero, new Address(end), ByteSize.Zero);
    }

    public ProcessFacts Process { get; }

    public SystemFacts System { get; }

    public AddressSpaceLayout Layout { get; }

    internal CoreNotes Notes { get; }

    /// <inheritdoc/>
    public IReadOnlyList<SavedPiece> SavedPieces => field ??= CoreMemory.PiecesOf(_core, Notes);

    /// <exception cref="VmAtlasException"><see cref="Failure.BadFile"/>: damaged, or of a kind that is not read.</exception>
    public static CoreTarget Open(string path)
    {
        var core = CoreFile.Open(path);
        return new CoreTarget(core, CoreNotes.Parse(core.Notes, core.Machine));
    }

    /// <summary>Whether a file begins as a core does.</summary>
    public static bool IsCore(ReadOnlySpan<byte> start) => CoreFile.IsCore(start);

    /// <inheritdoc/>
    public void ReadMappings(BlockTable mappings, StringTable strings, ICollection<Problem> problems)
    {
        var names = new int[Notes.Paths.Count];
        for (var i = 0; i < names.Length; i++)
            names[i] = strings.Intern(Notes.Paths[i]);
        var files = Notes.MappedFiles.OrderBy(f => f.Start).ToList();
        foreach (var piece in CorePieces.Of(_core.Segments, files, _core.Read))
        {
            if (piece.File is { } file)
                mappings.Add(piece.Start, piece.End, piece.Access, 0, (ulong)file.Path + 1, unchecked(file.Offset + (piece.Start - file.Start)), names[file.Path], BlockFlags.StartsMapping);
            else
                mappings.Add(piece.Start, piece.End, piece.Access, 0, 0, 0, strings.Intern(NameOf(piece)), BlockFlags.StartsMapping);
        }
        if (_core.Missing > 0)
            problems.Add(new Problem("core-cut", $"the core was cut off: {new ByteSize(_core.Missing)} of memory that it should have are not in it"));
    }

    public IReadOnlyDictionary<string, ulong> ReadCounters(ICollection<Problem> problems) => new Dictionary<string, ulong>();

    public void EnsureUnchanged()
    {
        // A file stays what it is.
    }

    /// <inheritdoc/>
    public int Read(Address start, Span<byte> into) => _core.Read(start.Value, into);

    public void Dispose() => _core.Dispose();

    /// <summary>The kernel's own names, as far as the auxiliary vector tells.</summary>
    string NameOf(CorePiece piece) =>
        piece.Start == Notes.AuxiliaryValue(CoreNotes.AuxiliaryVdso) ? "[vdso]"
        : piece.Start == Vsyscall ? "[vsyscall]"
        : Notes.AuxiliaryValue(CoreNotes.AuxiliaryRandom) is { } random && random >= piece.Start && random < piece.End ? "[stack]" : "";

    /// <summary>The file whose mapping holds the program's entry point is the program: AT_PHDR and AT_ENTRY lie in it.</summary>
    static string? Executable(CoreNotes notes)
    {
        const ulong AuxiliaryEntry = 9;
        foreach (var file in notes.MappedFiles)
        {
            if (notes.AuxiliaryValue(AuxiliaryEntry) is { } entry && entry >= file.Start && entry < file.End)
                return global::System.Text.Encoding.UTF8.GetString(notes.Paths[file.Path]);
        }
        return null;
    }
}
