using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Dwarf;

/// <summary>One unit of .debug_info: its header, and what its root entry says that all others in it depend on.</summary>
sealed class Unit
{
    const byte SkeletonUnit = 4, SplitCompileUnit = 5, TypeUnit = 2, SplitTypeUnit = 6;

    public required DwarfFile File { get; init; }

    /// <summary>Where its header begins in .debug_info.</summary>
    public required ulong Offset { get; init; }

    /// <summary>Bytes with the header.</summary>
    public required ulong Length { get; init; }

    public required Encoding Encoding { get; init; }

    /// <summary>Bytes of the header: where the root entry begins.</summary>
    public required int HeaderSize { get; init; }

    public required ulong AbbreviationsAt { get; init; }

    /// <summary>Types only: no code.</summary>
    public required bool IsTypes { get; init; }

    public ulong End => Offset + Length;

    public UnitRoot Root => _root ??= UnitRoot.Read(this);

    public Abbreviations Abbreviations => _abbreviations ??= File.AbbreviationsOf(this);

    /// <summary>The whole unit, header included, so that a position is what a reference within the unit says.</summary>
    public ReadOnlySpan<byte> Bytes => File.Sections.Info.Slice(Offset, Length);

    UnitRoot? _root;
    Abbreviations? _abbreviations;

    /// <summary>Reads a header (DWARF 5 §7.5.1). Null when it is of a version that is not supported.</summary>
    public static Unit? Read(DwarfFile file, ulong offset, out ulong end)
    {
        var reader = new ByteReader(file.Sections.Info.Slice(offset, Math.Min(64, (ulong)file.Sections.Info.Length - offset)));
        var length = reader.UnitLength(out var is64);
        var all = (ulong)reader.Position;
        if (length > (ulong)file.Sections.Info.Length - offset - all)
            SymbolFormatException.Throw("has a debug unit that passes the end of its section");
        end = offset + all + length;
        var version = reader.U16();
        if (version is < 2 or > 5)
            return null;
        byte kind = 0, addressSize = 0;
        if (version == 5)
            (kind, addressSize) = (reader.U8(), reader.U8());
        var abbreviations = reader.Offset(is64);
        if (version < 5)
            addressSize = reader.U8();
        if (kind is SkeletonUnit or SplitCompileUnit)
            reader.U64();
        if (kind is TypeUnit or SplitTypeUnit)
        {
            reader.U64();
            reader.Offset(is64);
        }
        if (addressSize is not (4 or 8) || (ulong)reader.Position > all + length)
            return null;
        return new Unit
        {
            File = file,
            Offset = offset,
            Length = all + length,
            Encoding = new Encoding(version, addressSize, is64),
            HeaderSize = reader.Position,
            AbbreviationsAt = abbreviations,
            IsTypes = kind is TypeUnit or SplitTypeUnit,
        };
    }

    /// <summary>The bytes of a text; empty where it can not be known (it is in a file that is not there).</summary>
    public ReadOnlySpan<byte> Text(FormValue value)
    {
        switch (value.Form)
        {
            case Form.String:
                return new ByteReader(Bytes[(int)value.Number..]).Text();
            case Form.StringPointer:
                return File.Sections.Strings.Text(value.Number);
            case Form.LineString:
                return File.Sections.LineStrings.Text(value.Number);
            case Form.GnuStringAlternate or Form.StringSupplementary:
                return File.Alternate is { } alternate ? alternate.Sections.Strings.Text(value.Number) : default;
            case Form.StringIndex or Form.StringIndex1 or Form.StringIndex2 or Form.StringIndex3 or Form.StringIndex4 or Form.GnuStringIndex:
                var at = Root.StringOffsetsBase + Scale(value.Number, Encoding.OffsetSize);
                return File.Sections.Strings.Text(new ByteReader(File.Sections.StringOffsets.Slice(at, (ulong)Encoding.OffsetSize)).Offset(Encoding.Is64));
            default:
                return default;
        }
    }

    /// <summary>An address, or null when the form is not one of an address.</summary>
    public ulong? Address(FormValue value) => value.Form switch
    {
        Form.Address => value.Number,
        Form.AddressIndex or Form.AddressIndex1 or Form.AddressIndex2 or Form.AddressIndex3 or Form.AddressIndex4 or Form.GnuAddressIndex
            => AddressAt(value.Number),
        _ => null,
    };

    /// <summary>The entry of .debug_addr with a number.</summary>
    public ulong AddressAt(ulong index)
    {
        var at = Root.AddressBase + Scale(index, Encoding.AddressSize);
        return new ByteReader(File.Sections.Addresses.Slice(at, Encoding.AddressSize)).Number(Encoding.AddressSize);
    }

    /// <summary>Where the entry that a reference names lies: a file and an offset in its .debug_info. Null when that file is not there.</summary>
    public (DwarfFile File, ulong Offset)? Reference(FormValue value) => value.Form switch
    {
        Form.Ref1 or Form.Ref2 or Form.Ref4 or Form.Ref8 or Form.RefUnsigned when value.Number < Length => (File, Offset + value.Number),
        Form.RefAddress => (File, value.Number),
        Form.GnuRefAlternate or Form.RefSupplementary4 or Form.RefSupplementary8 when File.Alternate is { } alternate => (alternate, value.Number),
        _ => null,
    };

    static ulong Scale(ulong index, int size)
    {
        if (index > int.MaxValue)
            SymbolFormatException.Throw("has a text or address with an impossible number");
        return index * (ulong)size;
    }
}
