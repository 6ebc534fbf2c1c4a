using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Dwarf;

/// <summary>The name of a function: its linkage name where it has one, else what the source calls it. Both can stand in another entry, even of
/// another file: the one it is a copy of (DW_AT_abstract_origin), or that declares it (DW_AT_specification).</summary>
static class FunctionNames
{
    const int MaxChain = 16;

    /// <param name="isLinkage">Whether the name is the one that linkers see: mangled.</param>
    public static ReadOnlySpan<byte> Of(Unit unit, ulong entry, out bool isLinkage)
    {
        ReadOnlySpan<byte> plain = default;
        isLinkage = false;
        for (var hops = 0; hops < MaxChain; hops++)
        {
            ReadEntry(unit, entry, out var linkage, out var name, out var next);
            if (linkage.IsPresent && unit.Text(linkage) is { IsEmpty: false } mangled)
            {
                isLinkage = true;
                return mangled;
            }
            if (plain.IsEmpty)
                plain = unit.Text(name);
            if (!next.IsPresent || unit.Reference(next) is not { } target || target.File.UnitOf(target.Offset) is not { } other)
                break;
            (unit, entry) = (other, target.Offset - other.Offset);
        }
        return plain;
    }

    /// <summary>The entry that this one is a copy of; null when it is none, or that file is not there.</summary>
    public static (DwarfFile File, ulong Offset)? Origin(Unit unit, ulong entry)
    {
        ReadEntry(unit, entry, out _, out _, out var next);
        return next.IsPresent ? unit.Reference(next) : null;
    }

    static void ReadEntry(Unit unit, ulong entry, out FormValue linkage, out FormValue name, out FormValue next)
    {
        (linkage, name, next) = (default, default, default);
        var reader = new ByteReader(unit.Bytes);
        reader.Skip(entry);
        var code = entry < (ulong)unit.HeaderSize ? 0 : reader.Uleb();
        if (code == 0)
            return;
        foreach (var spec in unit.Abbreviations[code].Attributes)
        {
            switch (spec.Name)
            {
                case Attr.LinkageName or Attr.MipsLinkageName: linkage = unit.Encoding.Read(ref reader, spec.Form, spec.Constant); break;
                case Attr.Name: name = unit.Encoding.Read(ref reader, spec.Form, spec.Constant); break;
                case Attr.AbstractOrigin or Attr.Specification: next = unit.Encoding.Read(ref reader, spec.Form, spec.Constant); break;
                default: unit.Encoding.Skip(ref reader, spec.Form); break;
            }
        }
    }
}
