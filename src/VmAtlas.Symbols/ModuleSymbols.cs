using VmAtlas.Symbols.Bytes;
using VmAtlas.Symbols.Dwarf;
using VmAtlas.Symbols.Elf;
using VmAtlas.Symbols.Search;

namespace VmAtlas.Symbols;

/// <summary>What is known of the code and data of one object. Addresses are the object's own: where it is mapped, its load bias is taken off first.</summary>
/// <remarks>Nothing in its files is trusted: what does not make sense, or asks for more work than its size explains, is left out, and
/// <see cref="Reason"/> says so. Files are read where they are asked about. Safe to use from several threads.</remarks>
public sealed class ModuleSymbols : IDisposable
{
    readonly List<IDisposable> _files = [];
    readonly ModuleTables _tables;
    readonly FrameResolver _resolver;
    readonly ElfFile? _elf;

    internal ModuleSymbols(SymbolModule module, SymbolPath path, SymbolNames names, SymbolLimits limits)
    {
        Module = module;
        using var search = new DebugFiles(path, module);
        var own = Keep(search.OpenModule(out var reason));
        _elf = own?.Elf;
        BuildId = module.BuildId ?? _elf?.BuildId;
        var debug = own is not null && DwarfSections.AreIn(own.Elf) ? own : Keep(search.FindDebug(_elf));
        DebugFile = debug?.Path;
        var budget = WorkBudget.ForFile((own?.Bytes.Length ?? 0) + (debug is null || debug == own ? 0 : debug.Bytes.Length));
        (var dwarf, Reason) = OpenDwarf(search, own, debug, reason, budget);
        _tables = new ModuleTables(TableFiles(own?.Elf, debug?.Elf), budget);
        Detail = dwarf is not null ? SymbolDetail.Lines
            : HasTable(own?.Elf) || HasTable(debug?.Elf) ? SymbolDetail.Functions
            : own is not null ? SymbolDetail.Exports : SymbolDetail.None;
        _resolver = new FrameResolver(dwarf, _tables, names, limits, Fail);
    }

    public SymbolModule Module { get; }

    /// <summary>In hexadecimal; null where it is not known.</summary>
    public string? BuildId { get; }

    /// <summary>The file that the debug information comes from; null when there is none.</summary>
    public string? DebugFile { get; }

    public SymbolDetail Detail { get; }

    /// <summary>Why there is no more detail, a sentence; null when all was read. Can come later, with the part that could not be read.</summary>
    public string? Reason { get; private set; }

    /// <summary>The frames of many addresses at once: functions, what was inlined into them, files and lines.</summary>
    public FrameTable Resolve(ReadOnlySpan<ulong> addresses, AddressKind kind) => _resolver.Resolve(addresses, kind);

    /// <summary>The object's own address of a byte of its file, as a mapping at that offset has it; null when no segment has it.</summary>
    public ulong? AddressOfOffset(ulong fileOffset) => _elf?.AddressOf(fileOffset);

    /// <summary>The symbol of a function that holds an address.</summary>
    public SymbolHit? FunctionAt(ulong address) => _tables.Find(address, functions: true);

    /// <summary>The symbol of a data object that holds an address: a variable, a C++ class's virtual table.</summary>
    public SymbolHit? ObjectAt(ulong address) => _tables.Find(address, functions: false);

    /// <summary>Where a function is, by its name in the file (mangled).</summary>
    public ulong? AddressOfFunction(ReadOnlySpan<byte> name) => _tables.AddressOf(name, functions: true);

    /// <summary>Where a data object is, by its name in the file (mangled).</summary>
    public ulong? AddressOfObject(ReadOnlySpan<byte> name) => _tables.AddressOf(name, functions: false);

    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
    }

    FoundFile? Keep(FoundFile? file)
    {
        if (file is not null)
            _files.Add(file);
        return file;
    }

    (DwarfFile?, string?) OpenDwarf(DebugFiles search, FoundFile? own, FoundFile? debug, string? reason, WorkBudget budget)
    {
        if (own is null && debug is null)
            return (null, $"{Module.Path} {reason}");
        if (debug is null || !DwarfSections.AreIn(debug.Elf))
            return (null, $"{Module.Path} has no debug information, and no file with it was found; name its folder with --symbols");
        try
        {
            var alternate = Keep(search.FindAlternate(debug));
            var missing = alternate is null && DebugLink.Alternate(debug.Elf) is { } link ? $"{debug.Path} shares names with {link.Name}, which was not found" : null;
            return (new DwarfFile(debug.Elf, budget, alternate is null ? null : new DwarfFile(alternate.Elf, budget, null)), missing);
        }
        catch (SymbolFormatException e)
        {
            return (null, $"{debug.Path} {e.Message}");
        }
    }

    static List<ElfFile> TableFiles(ElfFile? own, ElfFile? debug)
    {
        var files = new List<ElfFile>();
        if (HasTable(debug))
            files.Add(debug!);
        if (own is not null && own != debug)
            files.Add(own);
        if (own is not null && !HasTable(own) && !HasTable(debug) && TryMiniDebugInfo(own) is { } mini)
            files.Insert(0, mini);
        return files;
    }

    static ElfFile? TryMiniDebugInfo(ElfFile elf)
    {
        try
        {
            return MiniDebugInfo.TryRead(elf);
        }
        catch (SymbolFormatException)
        {
            return null;
        }
    }

    static bool HasTable(ElfFile? elf) => elf?.Find(".symtab") is not null;

    void Fail(string reason) => Reason ??= $"{DebugFile ?? Module.Path} {reason}";
}
