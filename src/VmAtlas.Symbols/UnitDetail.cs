using VmAtlas.Symbols.Dwarf;

namespace VmAtlas.Symbols;

/// <summary>What is known of one unit that was asked about: its functions, its lines, and the numbers of the names that were needed so far.</summary>
sealed class UnitDetail
{
    readonly Unit _unit;
    readonly SymbolNames _names;
    readonly UnitFunctions _functions;
    readonly LineTable _lines;
    readonly Dictionary<int, int> _functionNames = [];
    readonly Dictionary<(DwarfFile, ulong), int> _originNames = [];
    readonly Dictionary<int, int> _fileNames = [];

    public UnitDetail(Unit unit, SymbolNames names)
    {
        (_unit, _names) = (unit, names);
        _functions = new UnitFunctions(unit);
        _lines = LineProgram.Read(unit);
    }

    /// <summary>Bytes in memory, about.</summary>
    public long Size => _functions.Size + _lines.Size;

    /// <summary>Adds the frames of an address, innermost first.</summary>
    /// <param name="symbol">Names the function that has the code, by the table of symbols; 0 when it can not.</param>
    public void AddFrames(ulong address, Func<ulong, int> symbol, List<SymbolFrame> into)
    {
        _lines.TryFind(address, out var file, out var line);
        var functions = _functions.At(address);
        for (var i = functions.InnermostAt(address); ; i = functions[i].Parent)
        {
            if (i < 0)
            {
                // Assembly has lines and no functions.
                if (symbol(address) is not 0 and var name || file != 0)
                    into.Add(new SymbolFrame(symbol(address), FileName(file), line, false));
                return;
            }
            var function = functions[i];
            into.Add(new SymbolFrame(NameOf(function, address, symbol), FileName(file), line, function.IsInlined));
            if (!function.IsInlined)
                return;
            (file, line) = (function.CallFile, function.CallLine);
        }
    }

    int NameOf(in Function function, ulong address, Func<ulong, int> symbol)
    {
        if (_functionNames.TryGetValue(function.Entry, out var name))
            return name;
        name = function.IsInlined ? NameOfOrigin(function) : ReadName((ulong)function.Entry, address, symbol);
        _functionNames.Add(function.Entry, name);
        return name;
    }

    /// <summary>A function is inlined many times, and each copy refers to the same entry.</summary>
    int NameOfOrigin(in Function function)
    {
        if (FunctionNames.Origin(_unit, (ulong)function.Entry) is not { } origin)
            return ReadName((ulong)function.Entry, 0, _ => 0);
        if (!_originNames.TryGetValue(origin, out var name))
            _originNames.Add(origin, name = ReadName((ulong)function.Entry, 0, _ => 0));
        return name;
    }

    int ReadName(ulong entry, ulong address, Func<ulong, int> symbol)
    {
        var name = FunctionNames.Of(_unit, entry, out var isLinkage);
        // A static function of C++ has only its short name here; the table of symbols has the whole one.
        if (!isLinkage && _unit.Root.IsCPlusPlus && symbol(address) is not 0 and var better)
            return better;
        return name.IsEmpty ? 0 : isLinkage ? _names.InternDemangled(name) : _names.Intern(name);
    }

    int FileName(int number)
    {
        if (!_fileNames.TryGetValue(number, out var name))
            _fileNames.Add(number, name = _lines.Files.PathOf(number) is { } path ? _names.Intern(path) : 0);
        return name;
    }
}
