using System.Collections.Frozen;

namespace VmAtlas.Symbols.Demangling;

/// <summary>How an operator is written in an expression.</summary>
enum OperatorKind : byte
{
    Prefix,
    Postfix,
    Binary,
    Member,
    Subscript,
    Call,
    Conditional,
    NamedCast,
    Other,
}

/// <summary>The operators of the Itanium C++ ABI (§5.1.5.3), by their two letters.</summary>
static class Operators
{
    static readonly FrozenDictionary<ushort, (string Text, OperatorKind Kind)> s_all = Make(
        ("aN&= aS= aa&& an& cm, dV/= dv/ eO^= eo^ eq== ge>= gt> lS<<= le<= ls<< lt< mI-= mL*= mi- ml* ne!= oR|= oo|| or| pL+= pl+ rM%= rS>>= rm% rs>> ss<=>", OperatorKind.Binary),
        ("ad& co~ de* nt! ng- ps+", OperatorKind.Prefix),
        ("mm-- pp++", OperatorKind.Postfix),
        ("ds.* dt. pm->* pt->", OperatorKind.Member),
        ("ix[]", OperatorKind.Subscript),
        ("cl()", OperatorKind.Call),
        ("qu?", OperatorKind.Conditional),
        ("ccconst_cast dcdynamic_cast rcreinterpret_cast scstatic_cast", OperatorKind.NamedCast),
        ("sZsizeof... szsizeof stsizeof atalignof azalignof tetypeid titypeid", OperatorKind.Other));

    /// <summary>Names that are words and need a space behind "operator".</summary>
    static readonly FrozenDictionary<ushort, string> s_words = new Dictionary<ushort, string>
    {
        [Key('n', 'w')] = "new",
        [Key('n', 'a')] = "new[]",
        [Key('d', 'l')] = "delete",
        [Key('d', 'a')] = "delete[]",
        [Key('a', 'w')] = "co_await",
    }.ToFrozenDictionary();

    public static bool TryFind(byte a, byte b, out string text, out OperatorKind kind)
    {
        var found = s_all.TryGetValue(Key((char)a, (char)b), out var entry);
        (text, kind) = entry;
        return found;
    }

    /// <summary>"operator+", "operator new"; null when there is none with these letters.</summary>
    public static string? NameOf(byte a, byte b)
    {
        if (s_words.TryGetValue(Key((char)a, (char)b), out var word))
            return "operator " + word;
        return TryFind(a, b, out var text, out var kind) && kind is not (OperatorKind.NamedCast or OperatorKind.Other) && text != "."
            ? "operator" + text
            : null;
    }

    static ushort Key(char a, char b) => (ushort)(a << 8 | b);

    static FrozenDictionary<ushort, (string, OperatorKind)> Make(params ReadOnlySpan<(string Entries, OperatorKind Kind)> groups)
    {
        var all = new Dictionary<ushort, (string, OperatorKind)>();
        foreach (var (entries, kind) in groups)
        {
            foreach (var entry in entries.Split(' '))
                all.Add(Key(entry[0], entry[1]), (entry[2..], kind));
        }
        return all.ToFrozenDictionary();
    }
}
