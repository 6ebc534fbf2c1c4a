namespace VmAtlas.Symbols.Dwarf;

/// <summary>DW_TAG_* (DWARF 5 §7.5.3), those that are looked at.</summary>
static class Tag
{
    public const ushort ClassType = 0x02, EnumerationType = 0x04, StructureType = 0x13, SubroutineType = 0x15, UnionType = 0x17, InlinedSubroutine = 0x1d,
        Subprogram = 0x2e;
}

/// <summary>DW_AT_* (DWARF 5 §7.5.4), those that are looked at.</summary>
static class Attr
{
    public const ushort Sibling = 0x01, Name = 0x03, StatementList = 0x10, LowPc = 0x11, HighPc = 0x12, Language = 0x13, CompilationDirectory = 0x1b,
        AbstractOrigin = 0x31, Specification = 0x47, Ranges = 0x55, CallFile = 0x58, CallLine = 0x59, LinkageName = 0x6e,
        StringOffsetsBase = 0x72, AddressBase = 0x73, RangeListsBase = 0x74, SplitName = 0x76,
        MipsLinkageName = 0x2007, GnuSplitName = 0x2130, GnuAddressBase = 0x2133;
}

/// <summary>DW_FORM_* (DWARF 5 §7.5.6), and GNU's for split and alternate files.</summary>
static class Form
{
    public const ushort Address = 0x01, Block2 = 0x03, Block4 = 0x04, Data2 = 0x05, Data4 = 0x06, Data8 = 0x07, String = 0x08, Block = 0x09, Block1 = 0x0a,
        Data1 = 0x0b, Flag = 0x0c, SignedData = 0x0d, StringPointer = 0x0e, UnsignedData = 0x0f, RefAddress = 0x10, Ref1 = 0x11, Ref2 = 0x12,
        Ref4 = 0x13, Ref8 = 0x14, RefUnsigned = 0x15, Indirect = 0x16, SectionOffset = 0x17, Expression = 0x18, FlagPresent = 0x19,
        StringIndex = 0x1a, AddressIndex = 0x1b, RefSupplementary4 = 0x1c, StringSupplementary = 0x1d, Data16 = 0x1e, LineString = 0x1f,
        RefSignature = 0x20, ImplicitConstant = 0x21, LocationListIndex = 0x22, RangeListIndex = 0x23, RefSupplementary8 = 0x24,
        StringIndex1 = 0x25, StringIndex2 = 0x26, StringIndex3 = 0x27, StringIndex4 = 0x28,
        AddressIndex1 = 0x29, AddressIndex2 = 0x2a, AddressIndex3 = 0x2b, AddressIndex4 = 0x2c,
        GnuAddressIndex = 0x1f01, GnuStringIndex = 0x1f02, GnuRefAlternate = 0x1f20, GnuStringAlternate = 0x1f21;
}
