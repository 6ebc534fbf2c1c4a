using System.Runtime.InteropServices;
using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Dwarf;

/// <summary>Goes once through entries of a unit and collects the functions that have code.</summary>
sealed class FunctionWalk(Unit unit)
{
    readonly List<int> _parents = [];
    readonly List<int> _depths = [];
    readonly List<CodeRange> _found = [];
    readonly bool _skipClasses = unit.Root.IsCPlusPlus;
    readonly List<Function> _functions = [];
    readonly List<FunctionRange> _ranges = [];
    readonly FunctionPieces _pieces = new();
    bool _nested;
    int _steps;

    /// <summary>The functions that lie in no other; what was inlined into them is passed over, which most entries of a unit are part of.</summary>
    public FunctionTable Outermost() => Table(unit.HeaderSize, nested: false);

    /// <summary>One function with all that lies in it.</summary>
    public FunctionTable Body(int entry) => Table(entry, nested: true);

    /// <summary>All functions of the unit, also those that lie in others and have code of their own.</summary>
    public FunctionTable All() => Table(unit.HeaderSize, nested: true);

    FunctionTable Table(int at, bool nested)
    {
        _functions.Clear();
        _ranges.Clear();
        _depths.Clear();
        (_nested, _steps) = (nested, 0);
        Walk(at);
        return new FunctionTable(CollectionsMarshal.AsSpan(_functions), _pieces.Of(_ranges));
    }

    /// <summary>Walks an entry and all below it.</summary>
    /// <param name="at">Where the entry is, from the start of the unit.</param>
    void Walk(int at)
    {
        var abbreviations = unit.Abbreviations;
        var encoding = unit.Encoding;
        var reader = new ByteReader(unit.Bytes);
        reader.Skip((uint)at);
        var (parent, depth) = (-1, 0);
        do
        {
            var position = reader.Position;
            var code = reader.Uleb();
            if (code == 0)
            {
                // An entry of its own level ends the list that was begun.
                if (--depth >= 0)
                    parent = _parents[depth];
                continue;
            }
            ref readonly var entry = ref abbreviations[code];
            _steps += 1 + (entry.FixedSize < 0 ? entry.Attributes.Length : 0);
            var inside = parent;
            if (IsWanted(entry.Tag, parent))
            {
                inside = ReadFunction(ref reader, entry, position, parent, out var sibling);
                if (!_nested && inside != parent && sibling != 0 && entry.HasChildren)
                {
                    SkipTo(ref reader, sibling);
                    continue;
                }
            }
            else if (entry.HasSibling && entry.HasChildren && CanSkip(entry.Tag))
            {
                SkipToSibling(ref reader, entry);
                continue;
            }
            else if (entry.FixedSize >= 0)
                reader.Skip((uint)entry.FixedSize);
            else
                SkipAttributes(ref reader, encoding, entry.Attributes);
            if (!entry.HasChildren)
                continue;
            if (_parents.Count == depth)
                _parents.Add(parent);
            else
                _parents[depth] = parent;
            depth++;
            parent = inside;
        }
        while (depth > 0 && !reader.AtEnd);
        unit.File.Budget.Spend(_steps);
    }

    bool IsWanted(ushort tag, int parent) => tag is Tag.Subprogram or Tag.InlinedSubroutine && (_nested || parent < 0);

    /// <summary>Below an enumeration or a type of functions there is no code; below a class there can be some in other languages than C++.</summary>
    bool CanSkip(ushort tag) => tag is Tag.EnumerationType or Tag.SubroutineType
        || _skipClasses && tag is Tag.ClassType or Tag.StructureType or Tag.UnionType;

    /// <param name="sibling">Where the next entry of its level begins; 0 when it does not say.</param>
    /// <returns>The function that entries below lie in.</returns>
    int ReadFunction(ref ByteReader reader, in Abbreviation entry, int at, int parent, out ulong sibling)
    {
        FormValue low = default, high = default, ranges = default, file = default, line = default;
        sibling = 0;
        foreach (var spec in entry.Attributes)
        {
            switch (spec.Name)
            {
                case Attr.Sibling: sibling = unit.Encoding.Read(ref reader, spec.Form, spec.Constant).Number; break;
                case Attr.LowPc: low = unit.Encoding.Read(ref reader, spec.Form, spec.Constant); break;
                case Attr.HighPc: high = unit.Encoding.Read(ref reader, spec.Form, spec.Constant); break;
                case Attr.Ranges: ranges = unit.Encoding.Read(ref reader, spec.Form, spec.Constant); break;
                case Attr.CallFile: file = unit.Encoding.Read(ref reader, spec.Form, spec.Constant); break;
                case Attr.CallLine: line = unit.Encoding.Read(ref reader, spec.Form, spec.Constant); break;
                default: unit.Encoding.Skip(ref reader, spec.Form); break;
            }
        }
        _found.Clear();
        CodeRanges.Add(unit, low, high, ranges, _found);
        if (_found.Count == 0)
            return parent;
        var depth = parent < 0 ? 0 : _depths[parent] + 1;
        _depths.Add(depth);
        foreach (var range in _found)
            _ranges.Add(new FunctionRange(range.Start, range.End, depth, _functions.Count));
        _functions.Add(new Function(at, parent, entry.Tag == Tag.InlinedSubroutine, Small(file), Small(line)));
        return _functions.Count - 1;
    }

    static int Small(FormValue value) => (int)Math.Min(value.Number, int.MaxValue);

    static void SkipAttributes(ref ByteReader reader, Encoding encoding, AttributeSpec[] attributes)
    {
        foreach (var spec in attributes)
            encoding.Skip(ref reader, spec.Form);
    }

    void SkipToSibling(ref ByteReader reader, in Abbreviation entry)
    {
        FormValue sibling = default;
        foreach (var spec in entry.Attributes)
        {
            if (spec.Name == Attr.Sibling)
                sibling = unit.Encoding.Read(ref reader, spec.Form, spec.Constant);
            else
                unit.Encoding.Skip(ref reader, spec.Form);
        }
        SkipTo(ref reader, sibling.Number);
    }

    /// <summary>Only forward: a reference back would never end.</summary>
    static void SkipTo(ref ByteReader reader, ulong position)
    {
        if (position < (ulong)reader.Position)
            SymbolFormatException.Throw("has debug entries that refer back to themselves");
        reader.Skip(position - (ulong)reader.Position);
    }
}
