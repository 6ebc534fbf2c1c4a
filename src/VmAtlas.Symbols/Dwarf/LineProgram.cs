using System.Runtime.CompilerServices;
using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Dwarf;

/// <summary>Runs the line program of a unit (DWARF 5 §6.2), versions 2 to 5.</summary>
ref struct LineProgram
{
    const byte ExtendedOp = 0, Copy = 1, AdvancePc = 2, AdvanceLine = 3, SetFile = 4, SetColumn = 5, ConstAddPc = 8, FixedAdvancePc = 9, SetIsa = 12;
    const byte EndSequence = 1, SetAddress = 2;

    readonly Unit _unit;
    LineRow[] _rows = [];
    int _count;
    readonly List<LineSequence> _sequences = [];

    /// <summary>How many numbers follow each opcode, from 1 on: for those that are not known.</summary>
    ReadOnlySpan<byte> _operands;

    int _minimumLength, _lineBase, _lineRange, _opcodeBase;
    ulong _address;
    int _file, _line, _first;

    LineProgram(Unit unit) => _unit = unit;

    /// <summary>The lines of a unit; empty when it has none, or they are of a version that is not supported.</summary>
    public static LineTable Read(Unit unit)
    {
        if (unit.Root.Lines is not { } at)
            return LineTable.Empty;
        var section = unit.File.Sections.Line;
        var head = new ByteReader(section.Slice(at, Math.Min(12, (ulong)section.Length - Math.Min(at, (ulong)section.Length))));
        var length = head.UnitLength(out var is64);
        var reader = new ByteReader(section.Slice(at + (ulong)head.Position, length));
        unit.File.Budget.Spend(reader.Left);
        return new LineProgram(unit).Run(ref reader, is64);
    }

    LineTable Run(ref ByteReader reader, bool is64)
    {
        var version = reader.U16();
        if (version is < 2 or > 5)
            return LineTable.Empty;
        var addressSize = _unit.Encoding.AddressSize;
        if (version >= 5)
        {
            addressSize = reader.U8();
            reader.U8();
        }
        var headerLength = reader.Offset(is64);
        var program = (ulong)reader.Position + headerLength;
        ReadShape(ref reader, version);
        _operands = reader.Take(_opcodeBase - 1);
        var files = version >= 5 ? LineFiles.ReadNew(_unit, new Encoding(version, addressSize, is64), ref reader) : LineFiles.ReadOld(_unit, ref reader);
        if (program < (ulong)reader.Position)
            SymbolFormatException.Throw("has a line table whose header is too short");
        reader.Skip(program - (ulong)reader.Position);
        // Most opcodes are one byte and every other one makes a row.
        _rows = new LineRow[reader.Left / 2 + 16];
        Reset();
        while (!reader.AtEnd)
            Step(ref reader);
        return new LineTable(files, _rows, [.. _sequences]);
    }

    void ReadShape(ref ByteReader reader, int version)
    {
        _minimumLength = reader.U8();
        if (version >= 4)
            reader.U8();
        reader.U8();
        _lineBase = unchecked((sbyte)reader.U8());
        _lineRange = reader.U8();
        _opcodeBase = reader.U8();
        if (_lineRange == 0 || _opcodeBase == 0)
            SymbolFormatException.Throw("has a line table that can not be run");
    }

    void Reset() => (_address, _file, _line, _first) = (0, 1, 1, _count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Step(ref ByteReader reader)
    {
        var op = reader.U8();
        if (op >= _opcodeBase)
        {
            var step = op - _opcodeBase;
            _address = unchecked(_address + (ulong)(step / _lineRange * _minimumLength));
            _line = unchecked(_line + _lineBase + step % _lineRange);
            AddRow();
            return;
        }
        switch (op)
        {
            case ExtendedOp: Extended(ref reader); break;
            case Copy: AddRow(); break;
            case AdvancePc: _address = unchecked(_address + reader.Uleb() * (ulong)_minimumLength); break;
            case AdvanceLine: _line = unchecked(_line + (int)reader.Sleb()); break;
            case SetFile: _file = (int)Math.Min(reader.Uleb(), int.MaxValue); break;
            case SetColumn or SetIsa: reader.SkipLeb(); break;
            case ConstAddPc: _address = unchecked(_address + (ulong)((255 - _opcodeBase) / _lineRange * _minimumLength)); break;
            case FixedAdvancePc: _address = unchecked(_address + reader.U16()); break;
            default:
                for (var i = 0; i < _operands[op - 1]; i++)
                    reader.SkipLeb();
                break;
        }
    }

    void Extended(ref ByteReader reader)
    {
        var operation = new ByteReader(reader.TakeLong(reader.Uleb()));
        if (operation.AtEnd)
            return;
        switch (operation.U8())
        {
            case EndSequence:
                AddSequence();
                Reset();
                break;
            case SetAddress when operation.Left is 4 or 8:
                _address = operation.Number(operation.Left);
                break;
        }
    }

    void AddRow()
    {
        if (_count == _rows.Length)
            Array.Resize(ref _rows, _count * 2);
        _rows[_count++] = new LineRow(_address, _file, Math.Max(_line, 0));
    }

    /// <summary>Keeps the rows since the last end, unless the linker dropped the code they are of, or they do not ascend.</summary>
    readonly void AddSequence()
    {
        var rows = _rows.AsSpan(_first, _count - _first);
        if (rows.IsEmpty)
            return;
        var start = rows[0].Address;
        var sound = start != 0 && start < _address && rows[^1].Address <= _address && _address < 1UL << 63;
        for (var i = 1; sound && i < rows.Length; i++)
            sound = rows[i].Address >= rows[i - 1].Address;
        if (sound)
            _sequences.Add(new LineSequence(start, _address, _first, rows.Length));
    }
}
