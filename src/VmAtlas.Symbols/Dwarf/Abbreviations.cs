using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Dwarf;

/// <summary>One attribute of an abbreviation.</summary>
readonly record struct AttributeSpec(ushort Name, ushort Form, long Constant);

/// <summary>One kind of entry: its tag, whether entries follow below it, and its attributes.</summary>
/// <param name="FixedSize">Bytes of all attributes together; -1 when they vary.</param>
/// <param name="HasSibling">Whether it says where the next entry of its level begins.</param>
readonly record struct Abbreviation(ushort Tag, bool HasChildren, AttributeSpec[] Attributes, int FixedSize, bool HasSibling);

/// <summary>The abbreviations of a unit (DWARF 5 §7.5.3), by their codes.</summary>
sealed class Abbreviations
{
    /// <summary>Attributes of one entry; compilers use up to some thirty.</summary>
    const int MaxAttributes = 256;

    readonly Abbreviation[] _dense;
    readonly Dictionary<ulong, Abbreviation> _sparse = [];

    Abbreviations(Abbreviation[] dense, Dictionary<ulong, Abbreviation> sparse) => (_dense, _sparse) = (dense, sparse);

    public static Abbreviations Read(SectionData section, ulong offset, Encoding encoding, WorkBudget budget)
    {
        var reader = new ByteReader(section.From(offset));
        var dense = new List<Abbreviation>();
        var sparse = new Dictionary<ulong, Abbreviation>();
        var attributes = new List<AttributeSpec>();
        var spent = 0;
        while (reader.Uleb() is not 0 and var code)
        {
            var abbreviation = ReadOne(ref reader, encoding, attributes);
            // Compilers number from 1 on without holes.
            if (code == (ulong)dense.Count + 1)
                dense.Add(abbreviation);
            else
                sparse.TryAdd(code, abbreviation);
            budget.Spend(reader.Position - spent);
            spent = reader.Position;
        }
        return new Abbreviations([.. dense], sparse);
    }

    public ref readonly Abbreviation this[ulong code]
    {
        get
        {
            if (code - 1 < (ulong)_dense.Length)
                return ref _dense[(int)(code - 1)];
            ref var found = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrNullRef(_sparse, code);
            if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref found))
                SymbolFormatException.Throw("uses a kind of debug entry that it does not define");
            return ref found;
        }
    }

    static Abbreviation ReadOne(ref ByteReader reader, Encoding encoding, List<AttributeSpec> attributes)
    {
        attributes.Clear();
        var tag = (ushort)Math.Min(reader.Uleb(), ushort.MaxValue);
        var children = reader.U8() != 0;
        var (size, sibling) = (0, false);
        while (true)
        {
            var (name, form) = (reader.Uleb(), reader.Uleb());
            var constant = form == Form.ImplicitConstant ? reader.Sleb() : 0;
            if (name == 0 && form == 0)
                return new Abbreviation(tag, children, [.. attributes], size, sibling);
            if (attributes.Count == MaxAttributes)
                SymbolFormatException.Throw("has debug entries with too many attributes");
            var spec = new AttributeSpec((ushort)Math.Min(name, ushort.MaxValue), (ushort)Math.Min(form, ushort.MaxValue), constant);
            var one = encoding.SizeOf(spec.Form);
            size = size < 0 || one < 0 ? -1 : size + one;
            sibling |= spec.Name == Attr.Sibling;
            attributes.Add(spec);
        }
    }
}
