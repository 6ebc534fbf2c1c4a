using System.Text;

namespace VmAtlas.Symbols.Demangling;

/// <summary>Reads a mangled C++ name (Itanium C++ ABI §5.1) into nodes. Anything that is not understood ends the reading: <see cref="Parse"/> gives null.</summary>
/// <remarks>The name comes from a file that is not trusted: its length, the depth and the number of nodes are bounded. An instance is used again.</remarks>
sealed partial class ItaniumParser
{
    /// <summary>Names of linked C++ programs reach some tens of kilobytes.</summary>
    public const int MaxLength = 1 << 16;

    const int MaxDepth = 192, MaxNodes = 1 << 16, None = -1;

    readonly string?[] _words = new string?[1024];
    byte[] _text = new byte[512];
    int _length, _at, _depth;
    bool _failed;

    public List<Node> Nodes { get; } = [];

    /// <summary>What S_, S0_ … stand for: a node, and its number where it is a template parameter, since that can be another argument where it is used.</summary>
    readonly List<(int Node, int Parameter)> _substitutions = [];
    readonly List<int> _forwards = [];
    List<int> _templateArguments = [];

    bool _inLambda, _allowForward, _inConversion;

    /// <summary>Nodes, the last of which is the whole name.</summary>
    /// <returns>The number of the whole name's node; null when it is not understood.</returns>
    public int? Parse(ReadOnlySpan<byte> name)
    {
        if (!name.StartsWith("_Z"u8) || name.Length > MaxLength)
            return null;
        if (_text.Length < name.Length)
            _text = new byte[name.Length * 2];
        name.CopyTo(_text);
        (_length, _at, _depth, _failed, _inLambda, _allowForward, _inConversion) = (name.Length, 2, 0, false, false, false, false);
        Nodes.Clear();
        _substitutions.Clear();
        _forwards.Clear();
        _templateArguments.Clear();
        var encoding = ParseEncoding();
        while (!_failed && Peek() == '.' && ParseCloneSuffix() is { } suffix)
            encoding = Add(NodeKind.Clone, encoding, text: suffix);
        // A version that the dynamic linker put behind.
        if (!_failed && Peek() == '@')
        {
            encoding = Add(NodeKind.Special, None, encoding, text: TextFrom(_at, _length - _at), value: 1);
            _at = _length;
        }
        return _failed || _at != _length ? null : encoding;
    }

    /// <summary>What the compiler put behind: ".constprop.0", ".cold".</summary>
    string? ParseCloneSuffix()
    {
        var start = _at;
        var next = (char)PeekAt(1);
        if (!char.IsAsciiLetterOrDigit(next) && next != '_')
        {
            Fail();
            return null;
        }
        _at++;
        if (char.IsAsciiLetterLower(next) || next == '_')
        {
            while (char.IsAsciiLetterLower((char)Peek()) || Peek() == '_')
                _at++;
        }
        while (Peek() == '.' && char.IsAsciiDigit((char)PeekAt(1)) || char.IsAsciiDigit((char)Peek()))
            _at++;
        if (_at == start + 1)
            Fail();
        return TextFrom(start, _at - start);
    }

    int ParseEncoding()
    {
        if (!Enter())
            return None;
        var (outer, lambda, forward, conversion) = (_templateArguments, _inLambda, _allowForward, _inConversion);
        _templateArguments = [];
        _inLambda = _allowForward = _inConversion = false;
        var result = Peek() is (byte)'G' or (byte)'T' ? ParseSpecial() : ParseFunctionOrData();
        (_templateArguments, _inLambda, _allowForward, _inConversion) = (outer, lambda, forward, conversion);
        _depth--;
        return result;
    }

    int ParseFunctionOrData()
    {
        var state = new NameState { Tags = true, FirstForward = _forwards.Count };
        var name = ParseName(ref state);
        if (_failed || !ResolveForwards(state))
            return None;
        if (Peek() is 0 or (byte)'E' or (byte)'.' or (byte)'@')
            return name;
        var result = None;
        if (!state.IsStructorOrConversion && state.EndsWithTemplate)
            result = ParseType();
        var parameters = ParseParameters();
        var type = Add(NodeKind.Function, result, parameters, value: (int)state.Qualifiers);
        return Add(NodeKind.Encoding, name, type);
    }

    /// <summary>Types up to the end; a single void is none.</summary>
    int ParseParameters()
    {
        if (TryTake('v'))
            return None;
        var types = new List<int>();
        while (!_failed && Peek() is not (0 or (byte)'E' or (byte)'.' or (byte)'@') && !(Peek() is (byte)'R' or (byte)'O' && PeekAt(1) == 'E'))
            types.Add(ParseType());
        if (types.Count == 0)
            Fail();
        return AddList(types);
    }

    /// <summary>Template arguments that were used before they were read: by a conversion operator's type, or by the parameters of a lambda, which
    /// are "auto" in it, but through a substitution can be the arguments of the function around it.</summary>
    bool ResolveForwards(in NameState state)
    {
        for (var i = state.FirstForward; i < _forwards.Count; i++)
        {
            var node = Nodes[_forwards[i]];
            if (node.Value >= _templateArguments.Count)
            {
                if (node.Text.Length > 0)
                    continue;
                Fail();
                return false;
            }
            Nodes[_forwards[i]] = node with { A = _templateArguments[node.Value] };
        }
        _forwards.RemoveRange(state.FirstForward, _forwards.Count - state.FirstForward);
        return true;
    }

    int ParseSpecial()
    {
        var (a, b) = (PeekAt(0), PeekAt(1));
        _at += 2;
        switch ((char)a, (char)b)
        {
            case ('T', 'V'): return OfType("vtable for ");
            case ('T', 'T'): return OfType("VTT for ");
            case ('T', 'I'): return OfType("typeinfo for ");
            case ('T', 'S'): return OfType("typeinfo name for ");
            case ('T', 'A'): return Add(NodeKind.Special, ParseTemplateArgument(), text: "template parameter object for ");
            case ('T', 'F'): return OfType("typeinfo fn for ");
            case ('T', 'J'): return OfType("java Class for ");
            case ('T', 'W'): return OfName("TLS wrapper function for ");
            case ('T', 'H'): return OfName("TLS init function for ");
            case ('T', 'c'):
                ParseCallOffset();
                ParseCallOffset();
                return Add(NodeKind.Special, ParseEncoding(), text: "covariant return thunk to ");
            case ('T', 'h' or 'v'):
                _at--;
                ParseCallOffset();
                return Add(NodeKind.Special, ParseEncoding(), text: b == 'h' ? "non-virtual thunk to " : "virtual thunk to ");
            case ('T', 'C'):
                var type = ParseType();
                ParseNumber();
                if (!TryTake('_'))
                    return Fail();
                return Add(NodeKind.ConstructionTable, ParseType(), type);
            case ('G', 'V'): return OfName("guard variable for ");
            case ('G', 'R'):
                var name = OfName("reference temporary #");
                var number = Peek() == '_' ? 0 : ParseBase36() + 1;
                if (!TryTake('_') && Peek() != 0)
                    return Fail();
                return _failed ? None : Add(NodeKind.Special, Nodes[name].A, text: $"reference temporary #{number} for ");
            case ('G', 'A'): return Add(NodeKind.Special, ParseEncoding(), text: "hidden alias for ");
            case ('G', 'T'):
                return TryTake('n') ? Add(NodeKind.Special, ParseEncoding(), text: "non-transaction clone for ")
                    : TryTake('t') ? Add(NodeKind.Special, ParseEncoding(), text: "transaction clone for ") : Fail();
            default: return Fail();
        }
    }

    int OfType(string text) => Add(NodeKind.Special, ParseType(), text: text);

    int OfName(string text)
    {
        var state = default(NameState);
        return Add(NodeKind.Special, ParseName(ref state), text: text);
    }

    /// <summary>h number _ , or v number _ number _.</summary>
    void ParseCallOffset()
    {
        var isVirtual = TryTake('v');
        if (!isVirtual && !TryTake('h'))
            Fail();
        for (var i = 0; i < (isVirtual ? 2 : 1); i++)
        {
            ParseNumber();
            if (!TryTake('_'))
                Fail();
        }
    }

    /// <summary>Digits, with an n before them where negative; "" where there are none.</summary>
    string ParseNumber()
    {
        var start = _at;
        TryTake('n');
        while (char.IsAsciiDigit((char)Peek()))
            _at++;
        return TextFrom(start, _at - start);
    }

    int ParsePositive()
    {
        var value = 0;
        var start = _at;
        for (; char.IsAsciiDigit((char)Peek()); _at++)
        {
            if (value > 100_000_000)
                return Fail();
            value = value * 10 + (Peek() - '0');
        }
        return _at == start ? Fail() : value;
    }

    int ParseBase36()
    {
        var value = 0;
        var start = _at;
        for (; Peek() is >= (byte)'0' and <= (byte)'9' or >= (byte)'A' and <= (byte)'Z'; _at++)
        {
            if (value > MaxNodes)
                return Fail();
            value = value * 36 + Peek() - (Peek() <= '9' ? '0' : 'A' - 10);
        }
        return _at == start ? Fail() : value;
    }

    int Add(NodeKind kind, int a = None, int b = None, int c = None, string text = "", int value = 0)
    {
        if (_failed || Nodes.Count == MaxNodes)
            return Fail();
        Nodes.Add(new Node(kind, a, b, c, text, value));
        return Nodes.Count - 1;
    }

    int Word(string text) => Add(NodeKind.Word, text: text);

    /// <summary>A list of nodes; none for an empty one.</summary>
    int AddList(List<int> items)
    {
        var list = None;
        for (var i = items.Count - 1; i >= 0; i--)
            list = Add(NodeKind.List, items[i], list);
        return list;
    }

    int Substitutable(int node, int parameter = None)
    {
        if (!_failed)
            _substitutions.Add((node, parameter));
        return node;
    }

    bool Enter()
    {
        if (_failed || _depth >= MaxDepth)
        {
            Fail();
            return false;
        }
        _depth++;
        return true;
    }

    int Fail()
    {
        _failed = true;
        // Nothing is left to read, so that every loop ends.
        _at = _length;
        return None;
    }

    byte Peek() => _at < _length ? _text[_at] : (byte)0;

    byte PeekAt(int ahead) => _at + ahead < _length ? _text[_at + ahead] : (byte)0;

    bool TryTake(char letter)
    {
        if (Peek() != letter)
            return false;
        _at++;
        return true;
    }

    bool TryTake(char a, char b)
    {
        if (Peek() != a || PeekAt(1) != b)
            return false;
        _at += 2;
        return true;
    }

    /// <summary>A text of the name; those that come again and again are made once.</summary>
    string TextFrom(int start, int length)
    {
        var bytes = _text.AsSpan(start, length);
        var hash = (uint)length;
        foreach (var b in bytes)
            hash = unchecked((hash ^ b) * 16777619);
        ref var kept = ref _words[hash % (uint)_words.Length];
        if (kept is null || !Ascii.Equals(bytes, kept))
            kept = Encoding.UTF8.GetString(bytes);
        return kept;
    }

    /// <summary>What a name says about the function it names.</summary>
    struct NameState
    {
        public bool IsStructorOrConversion, EndsWithTemplate;

        /// <summary>Template arguments in the name are those that its type refers to.</summary>
        public bool Tags;

        public Qualifiers Qualifiers;
        public int FirstForward;
    }
}
