namespace VmAtlas.Symbols.Demangling;

/// <summary>Types: §5.1.5.</summary>
sealed partial class ItaniumParser
{
    int ParseType()
    {
        if (!Enter())
            return None;
        var result = ParseTypeHere();
        _depth--;
        return result;
    }

    int ParseTypeHere()
    {
        switch ((char)Peek())
        {
            case 'r' or 'V' or 'K':
                return ParseQualifiedType();
            case 'P':
                _at++;
                return Substitutable(Add(NodeKind.Pointer, ParseType(), text: "*"));
            case 'R':
                _at++;
                return Substitutable(Add(NodeKind.Pointer, ParseType(), text: "&"));
            case 'O':
                _at++;
                return Substitutable(Add(NodeKind.Pointer, ParseType(), text: "&&"));
            case 'C':
                _at++;
                return Substitutable(Add(NodeKind.Vendor, ParseType(), text: "_Complex"));
            case 'G':
                _at++;
                return Substitutable(Add(NodeKind.Vendor, ParseType(), text: "_Imaginary"));
            case 'F':
                return Substitutable(ParseFunctionType(Qualifiers.None));
            case 'A':
                return Substitutable(ParseArrayType());
            case 'M':
                _at++;
                var owner = ParseType();
                return Substitutable(Add(NodeKind.MemberPointer, owner, ParseType()));
            case 'T' when PeekAt(1) is (byte)'s' or (byte)'u' or (byte)'e':
                _at += 2;
                return ParseClassType();
            case 'T':
                var parameter = ParseTemplateParameter(out var index);
                Substitutable(parameter, index);
                return Peek() == 'I' && !_inConversion ? Substitutable(Add(NodeKind.Template, parameter, ParseTemplateArguments(tag: false))) : parameter;
            case 'S' when PeekAt(1) != 't':
                var known = ParseSubstitution();
                return Peek() == 'I' && !_inConversion ? Substitutable(Add(NodeKind.Template, known, ParseTemplateArguments(tag: false))) : known;
            case 'D':
                return ParseDType();
            case 'U':
                return ParseVendorType();
            case 'u':
                _at++;
                return Substitutable(ParseSourceName());
            case 'N' or 'Z' or 'S' or (>= '0' and <= '9'):
                return ParseClassType();
            case var letter when BuiltIn(letter) is { } name:
                _at++;
                return Word(name);
            default:
                return Fail();
        }
    }

    int ParseClassType()
    {
        var state = default(NameState);
        return Substitutable(ParseName(ref state));
    }

    int ParseQualifiedType()
    {
        var qualifiers = ParseQualifiers();
        // The qualifiers of a function belong to the object that it is called on.
        if (Peek() == 'F' || Peek() == 'D' && PeekAt(1) is (byte)'o' or (byte)'O' or (byte)'w' or (byte)'x')
            return Substitutable(ParseFunctionType(qualifiers));
        return Substitutable(Qualify(ParseType(), qualifiers));
    }

    /// <summary>A template argument can be const by itself.</summary>
    int Qualify(int type, Qualifiers qualifiers)
    {
        if (!_failed && Nodes[type] is { Kind: NodeKind.Qualified } inner)
            (type, qualifiers) = (inner.A, qualifiers | (Qualifiers)inner.Value);
        return Add(NodeKind.Qualified, type, value: (int)qualifiers);
    }

    Qualifiers ParseQualifiers() =>
        (TryTake('r') ? Qualifiers.Restrict : 0) | (TryTake('V') ? Qualifiers.Volatile : 0) | (TryTake('K') ? Qualifiers.Const : 0);

    /// <summary>[exception specification] [Dx] F [Y] types [R | O] E.</summary>
    int ParseFunctionType(Qualifiers qualifiers)
    {
        if (TryTake('D', 'o'))
            qualifiers |= Qualifiers.Noexcept;
        else if (TryTake('D', 'O'))
        {
            ParseExpression();
            TryTake('E');
            qualifiers |= Qualifiers.Noexcept;
        }
        else if (TryTake('D', 'w'))
        {
            while (!_failed && !TryTake('E'))
                ParseType();
        }
        if (TryTake('D', 'x'))
            qualifiers |= Qualifiers.TransactionSafe;
        if (!TryTake('F'))
            return Fail();
        TryTake('Y');
        var result = ParseType();
        var parameters = ParseParameters();
        qualifiers |= TryTake('R') ? Qualifiers.LvalueRef : TryTake('O') ? Qualifiers.RvalueRef : 0;
        return TryTake('E') ? Add(NodeKind.Function, result, parameters, value: (int)qualifiers) : Fail();
    }

    int ParseArrayType()
    {
        _at++;
        var size = None;
        if (char.IsAsciiDigit((char)Peek()))
            size = Word(ParseNumber());
        else if (Peek() != '_')
            size = ParseExpression();
        return TryTake('_') ? Add(NodeKind.Array, ParseType(), size) : Fail();
    }

    int ParseDType()
    {
        switch ((char)PeekAt(1))
        {
            case 't' or 'T':
                return Substitutable(ParseDecltype());
            case 'o' or 'O' or 'w' or 'x':
                return Substitutable(ParseFunctionType(Qualifiers.None));
            case 'p':
                _at += 2;
                return Substitutable(Add(NodeKind.Expansion, ParseType()));
            case 'v':
                return Substitutable(ParseVectorType());
            case 'F':
                _at += 2;
                var bits = ParsePositive();
                var suffix = TryTake('x') ? "x" : TryTake('b') ? "b" : "";
                if (suffix.Length == 0)
                    TryTake('_');
                return Word(suffix == "b" ? "std::bfloat16_t" : $"_Float{bits}{suffix}");
        }
        if (ExtendedBuiltIn((char)PeekAt(1)) is not { } name)
            return Fail();
        _at += 2;
        return Word(name);
    }

    /// <summary>Dv number _ type, or Dv _ expression _ type.</summary>
    int ParseVectorType()
    {
        _at += 2;
        var size = char.IsAsciiDigit((char)Peek()) ? Word(ParseNumber()) : TryTake('_') ? ParseExpression() : Fail();
        if (!TryTake('_'))
            return Fail();
        var element = ParseType();
        return Add(NodeKind.Member, element, Add(NodeKind.Enclosed, size, text: "(", value: ')'), text: " __vector");
    }

    int ParseDecltype()
    {
        _at += 2;
        var expression = ParseExpression();
        return TryTake('E') ? Add(NodeKind.Enclosed, expression, text: "decltype (", value: ')') : Fail();
    }

    /// <summary>U name [template arguments] type; an unnamed type or a lambda in the place of a type.</summary>
    int ParseVendorType()
    {
        if (PeekAt(1) is (byte)'t' or (byte)'l')
            return ParseClassType();
        _at++;
        var name = ParseSourceName();
        if (Peek() == 'I')
            name = Add(NodeKind.Template, name, ParseTemplateArguments(tag: false));
        var type = ParseType();
        return Substitutable(Add(NodeKind.Vendor, type, name));
    }

    static string? BuiltIn(char letter) => letter switch
    {
        'v' => "void",
        'w' => "wchar_t",
        'b' => "bool",
        'c' => "char",
        'a' => "signed char",
        'h' => "unsigned char",
        's' => "short",
        't' => "unsigned short",
        'i' => "int",
        'j' => "unsigned int",
        'l' => "long",
        'm' => "unsigned long",
        'x' => "long long",
        'y' => "unsigned long long",
        'n' => "__int128",
        'o' => "unsigned __int128",
        'f' => "float",
        'd' => "double",
        'e' => "long double",
        'g' => "__float128",
        'z' => "...",
        _ => null,
    };

    static string? ExtendedBuiltIn(char letter) => letter switch
    {
        'd' => "decimal64",
        'e' => "decimal128",
        'f' => "decimal32",
        'h' => "half",
        'i' => "char32_t",
        's' => "char16_t",
        'u' => "char8_t",
        'a' => "auto",
        'c' => "decltype(auto)",
        'n' => "decltype(nullptr)",
        _ => null,
    };
}
