namespace VmAtlas.Model;

/// <summary>The three columns of sets, and how their words are read.</summary>
static class SetColumns
{
    const Protection Access = Model.Protection.Read | Model.Protection.Write | Model.Protection.Execute;

    static readonly (string Word, Protection Bit)[] s_access =
    [
        ("read", Model.Protection.Read), ("write", Model.Protection.Write), ("execute", Model.Protection.Execute),
        ("shared", Model.Protection.Shared), ("guard", Model.Protection.Guard), ("copyonwrite", Model.Protection.CopyOnWrite),
        ("writecombine", Model.Protection.WriteCombine), ("nocache", Model.Protection.NoCache),
    ];

    static readonly (string Word, string Meaning, BlockFlags Bit)[] s_marks =
    [
        ("deleted", "the file mapped is unlinked", BlockFlags.Deleted),
        ("guard", "it guards a neighbour: nothing is meant to be in it", BlockFlags.Guard),
        ("clipped", "the target changed while it was read, and the mapping overlapped the one before", BlockFlags.Clipped),
        ("apportioned", "a piece of a mapping, some of whose measures are shares of the mapping's", BlockFlags.Apportioned),
        ("no-access", "committed, but nothing may access it", BlockFlags.NoAccess),
        ("thp-eligible", "the kernel may put transparent huge pages in it", BlockFlags.ThpEligible),
    ];

    public static SetColumn Protection() => new("protection", "Protection",
        (s, block) => (ulong)s.Blocks.Protections[block], bits => ((Protection)bits).ToMapsText(), AccessPattern, WholeAccess)
    {
        Aliases = ["access", "prot"],
        Words = [("r", "read"), ("w", "write"), ("x", "execute"), ("s", "shared"), ("p", "private"), ("guard", "a guard")],
    };

    public static SetColumn VmFlags() => new("flags", "VmFlags",
        (s, block) => s.Blocks.Flags[block], Model.VmFlags.ToText, FlagPattern, WholeFlags)
    {
        Aliases = ["vmflags"],
        Words = Model.VmFlags.Known,
    };

    public static SetColumn Marks() => new("marks", "Marks",
        (s, block) => (ulong)s.Blocks.Facts[block], MarksText, MarkPattern, WholeMarks)
    {
        Aliases = ["state"],
        Words = [.. s_marks.Select(m => (m.Word, m.Meaning))],
    };

    /// <summary>"x", "rw", "r-xp", "write", "guard": every letter or word must be there; "p" asks for not shared, "-" for nothing.</summary>
    static SetPattern? AccessPattern(string text)
    {
        foreach (var (word, bit) in s_access)
        {
            if (Names.Same(text, word))
                return new SetPattern((ulong)bit, (ulong)bit);
        }
        return Names.Same(text, "private") ? new SetPattern((ulong)Model.Protection.Shared, 0) : Letters(text);
    }

    static SetPattern? Letters(string text)
    {
        var pattern = default(SetPattern);
        foreach (var letter in text)
        {
            var bit = char.ToLowerInvariant(letter) switch
            {
                'r' => Model.Protection.Read,
                'w' => Model.Protection.Write,
                'x' => Model.Protection.Execute,
                's' or 'p' => Model.Protection.Shared,
                '-' => Model.Protection.None,
                _ => Model.Protection.Guard,
            };
            if (bit == Model.Protection.Guard)
                return null;
            pattern = pattern.And(new SetPattern((ulong)bit, letter is 'p' or 'P' ? 0 : (ulong)bit));
        }
        return pattern;
    }

    /// <summary>"rw-p" or "rw" is exactly that access; VMMap's "Read/Write" as VMMap shows it.</summary>
    static SetPattern? WholeAccess(string text)
    {
        if (Letters(text) is { } letters)
            return new SetPattern((ulong)Access, 0).And(letters);
        for (var bits = 0; bits < 256; bits++)
        {
            var protection = (Protection)bits;
            if (Names.Same(text, protection.ToVmmapText()) && !protection.IsShared())
                return new SetPattern((ulong)(Access | Model.Protection.Guard | Model.Protection.CopyOnWrite | Model.Protection.WriteCombine
                    | Model.Protection.NoCache), (ulong)protection);
        }
        return null;
    }

    /// <summary>"lo", or "lo ac" for both. A code of two letters that nobody has met yet is in no row, and no mistake.</summary>
    static SetPattern? FlagPattern(string text) => Each(text, code =>
        Model.VmFlags.TryBit(code, out var bit) ? new SetPattern(bit, bit)
        : code.Length == 2 ? new SetPattern(0, 0, Never: true)
        : null);

    static SetPattern? WholeFlags(string text) => FlagPattern(text) is { } codes ? codes with { Mask = ulong.MaxValue } : null;

    static SetPattern? MarkPattern(string text) => Each(text, word =>
    {
        foreach (var (name, _, bit) in s_marks)
        {
            if (Names.Same(word, name))
                return new SetPattern((ulong)bit, (ulong)bit);
        }
        return null;
    });

    static SetPattern? WholeMarks(string text) => MarkPattern(text) is { } marks
        ? new SetPattern(0xff & ~(ulong)BlockFlags.StartsMapping, 0).And(marks)
        : null;

    static SetPattern? Each(string text, Func<string, SetPattern?> one)
    {
        var all = default(SetPattern);
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (one(word) is not { } pattern)
                return null;
            all = all.And(pattern);
        }
        return all;
    }

    static string MarksText(ulong bits) => string.Join(' ', s_marks.Where(m => (bits & (ulong)m.Bit) != 0).Select(m => m.Word));
}
