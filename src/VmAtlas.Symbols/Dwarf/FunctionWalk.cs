using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Dwarf;

/// <summary>Goes once through the entries of a unit and collects the functions that have code.</summary>
sealed class FunctionWalk(Unit unit)
{
    readonly List<int> _parents = [];
    readonly List<CodeRange> _found = [];
    readonly bool _skipClasses = unit.Root.IsCPlusPlus;
    int _steps;

    public List<Function> Functions { get; } = [];

    public List<FunctionRange> Ranges { get; } = [];

    public void Run()
    {
        var abbreviations = unit.Abbreviations;
        var encoding = unit.Encoding;
        var reader = new ByteReader(unit.Bytes);
        reader.Skip((uint)unit.HeaderSize);
        var (parent, depth) = (-1, 0);
        while (!reader.AtEnd)
        {
            var at = reader.Position;
            var code = reader.Uleb();
            if (code == 0)
            {
                if (depth-- <= 1)
                    break;
                parent = _parents[depth];
                continue;
            }
            ref readonly var entry = ref abbreviations[code];
            _steps += 1 + (entry.FixedSize < 0 ? entry.Attributes.Length : 0);
            var inside = parent;
            if (entry.Tag is Tag.Subprogram or Tag.InlinedSubroutine)
                inside = ReadFunction(ref reader, entry, at, parent);
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
        unit.File.Budget.Spend(_steps);
    }

    /// <summary>Below an enumeration or a type of functions there is no code; below a class there can be some in other languages than C++.</summary>
    bool CanSkip(ushort tag) => tag is Tag.EnumerationType or Tag.SubroutineType
        || _skipClasses && tag is Tag.ClassType or Tag.StructureType or Tag.UnionType;

    /// <returns>The function that entries below lie in.</returns>
    int ReadFunction(ref ByteReader reader, in Abbreviation entry, int at, int parent)
    {
        FormValue low = default, high = default, ranges = default, file = default, line = default;
        foreach (var spec in entry.Attributes)
        {
            switch (spec.Name)
            {
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
            Ranges.Add(new FunctionRange(range.Start, range.End, depth, Functions.Count));
        Functions.Add(new Function(at, parent, entry.Tag == Tag.InlinedSubroutine, Small(file), Small(line)));
        return Functions.Count - 1;
    }

    readonly List<int> _depths = [];

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
        // Only forward: a reference back would never end.
        if (sibling.Number < (ulong)reader.Position)
            SymbolFormatException.Throw("has debug entries that refer back to themselves");
        reader.Skip(sibling.Number - (ulong)reader.Position);
    }
}
