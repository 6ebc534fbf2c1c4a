using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Dwarf;

/// <summary>How numbers are written in one unit.</summary>
/// <param name="Is64">The 64-bit DWARF format: offsets have 8 bytes.</param>
readonly record struct Encoding(ushort Version, byte AddressSize, bool Is64)
{
    public int OffsetSize => Is64 ? 8 : 4;

    /// <summary>Bytes of a value in this form; -1 when that depends on the value, or the form is not known.</summary>
    public int SizeOf(ushort form) => form switch
    {
        Form.FlagPresent or Form.ImplicitConstant => 0,
        Form.Data1 or Form.Flag or Form.Ref1 or Form.StringIndex1 or Form.AddressIndex1 => 1,
        Form.Data2 or Form.Ref2 or Form.StringIndex2 or Form.AddressIndex2 => 2,
        Form.StringIndex3 or Form.AddressIndex3 => 3,
        Form.Data4 or Form.Ref4 or Form.RefSupplementary4 or Form.StringIndex4 or Form.AddressIndex4 => 4,
        Form.Data8 or Form.Ref8 or Form.RefSignature or Form.RefSupplementary8 => 8,
        Form.Data16 => 16,
        Form.Address => AddressSize,
        Form.RefAddress => Version <= 2 ? AddressSize : OffsetSize,
        Form.StringPointer or Form.LineString or Form.SectionOffset or Form.StringSupplementary or Form.GnuRefAlternate or Form.GnuStringAlternate => OffsetSize,
        _ => -1,
    };

    /// <summary>Passes a value.</summary>
    public void Skip(ref ByteReader reader, ushort form)
    {
        var size = SizeOf(form);
        if (size >= 0)
            reader.Skip((uint)size);
        else
            SkipVariable(ref reader, form);
    }

    /// <summary>Reads a value. A string that stands here itself gives its position; a block its length.</summary>
    /// <param name="constant">What the abbreviation itself says (DW_FORM_implicit_const).</param>
    public FormValue Read(ref ByteReader reader, ushort form, long constant)
    {
        // An indirect form names another one, which may not be indirect or implicit again.
        if (form == Form.Indirect)
            form = (ushort)Math.Min(reader.Uleb(), ushort.MaxValue);
        switch (form)
        {
            case Form.ImplicitConstant:
                return new FormValue(form, unchecked((ulong)constant));
            case Form.FlagPresent:
                return new FormValue(form, 1);
            case Form.SignedData:
                return new FormValue(form, unchecked((ulong)reader.Sleb()));
            case Form.UnsignedData or Form.RefUnsigned or Form.StringIndex or Form.AddressIndex or Form.LocationListIndex or Form.RangeListIndex
                or Form.GnuAddressIndex or Form.GnuStringIndex:
                return new FormValue(form, reader.Uleb());
            case Form.StringIndex3 or Form.AddressIndex3:
                return new FormValue(form, reader.U16() | (ulong)reader.U8() << 16);
            case Form.String:
                var at = reader.Position;
                reader.Text();
                return new FormValue(form, (uint)at);
        }
        var size = SizeOf(form);
        if (size is 1 or 2 or 4 or 8)
            return new FormValue(form, reader.Number(size));
        Skip(ref reader, form);
        return new FormValue(form, 0);
    }

    static void SkipVariable(ref ByteReader reader, ushort form)
    {
        switch (form)
        {
            case Form.SignedData or Form.UnsignedData or Form.RefUnsigned or Form.StringIndex or Form.AddressIndex or Form.LocationListIndex
                or Form.RangeListIndex or Form.GnuAddressIndex or Form.GnuStringIndex:
                reader.SkipLeb();
                break;
            case Form.String:
                reader.Text();
                break;
            case Form.Block or Form.Expression:
                reader.Skip(reader.Uleb());
                break;
            case Form.Block1:
                reader.Skip(reader.U8());
                break;
            case Form.Block2:
                reader.Skip(reader.U16());
                break;
            case Form.Block4:
                reader.Skip(reader.U32());
                break;
            default:
                SymbolFormatException.Throw($"has debug information in an unknown form (0x{form:x})");
                break;
        }
    }
}

/// <summary>The value of an attribute: a number whose meaning its form tells.</summary>
readonly record struct FormValue(ushort Form, ulong Number)
{
    /// <summary>Whether the attribute was there.</summary>
    public bool IsPresent => Form != 0;
}
