using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Dwarf;

/// <summary>What the first entry of a unit says.</summary>
sealed record UnitRoot
{
    public ulong StringOffsetsBase { get; private init; }

    public ulong AddressBase { get; private init; }

    public ulong RangeListsBase { get; private init; }

    /// <summary>DW_AT_stmt_list: where its lines are in .debug_line.</summary>
    public ulong? Lines { get; private init; }

    /// <summary>DW_AT_language.</summary>
    public ulong Language { get; private init; }

    /// <summary>The detail is in a .dwo file (DW_AT_dwo_name), which is not read.</summary>
    public bool IsSplit { get; private init; }

    public FormValue Low { get; private init; }

    public FormValue High { get; private init; }

    public FormValue Ranges { get; private init; }

    public FormValue Name { get; private init; }

    public FormValue CompilationDirectory { get; private init; }

    /// <summary>DW_LANG_C_plus_plus and its later versions: no class holds the code of its functions, only their declarations.</summary>
    public bool IsCPlusPlus => Language is 0x04 or 0x1a or 0x21 or 0x2b or 0x3a;

    public static UnitRoot Read(Unit unit)
    {
        var reader = new ByteReader(unit.Bytes);
        reader.Skip((uint)unit.HeaderSize);
        // Where the tables of a unit begin when it does not say so: behind their headers.
        var header = unit.Encoding.Version < 5 ? 0 : unit.Encoding.Is64 ? 16u : 8u;
        var root = new UnitRoot { StringOffsetsBase = header, AddressBase = header };
        if (reader.Uleb() is not 0 and var code)
        {
            foreach (var spec in unit.Abbreviations[code].Attributes)
                root = root.With(spec.Name, unit.Encoding.Read(ref reader, spec.Form, spec.Constant));
        }
        return root;
    }

    UnitRoot With(ushort attribute, FormValue value) => attribute switch
    {
        Attr.StringOffsetsBase => this with { StringOffsetsBase = value.Number },
        Attr.AddressBase or Attr.GnuAddressBase => this with { AddressBase = value.Number },
        Attr.RangeListsBase => this with { RangeListsBase = value.Number },
        Attr.StatementList => this with { Lines = value.Number },
        Attr.Language => this with { Language = value.Number },
        Attr.SplitName or Attr.GnuSplitName => this with { IsSplit = true },
        Attr.LowPc => this with { Low = value },
        Attr.HighPc => this with { High = value },
        Attr.Ranges => this with { Ranges = value },
        Attr.Name => this with { Name = value },
        Attr.CompilationDirectory => this with { CompilationDirectory = value },
        _ => this,
    };
}
