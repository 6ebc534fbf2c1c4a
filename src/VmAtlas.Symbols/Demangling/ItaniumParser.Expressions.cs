namespace VmAtlas.Symbols.Demangling;

/// <summary>Expressions in template arguments, array sizes and decltype: §5.1.5.3 and §5.1.5.4.</summary>
sealed partial class ItaniumParser
{
    int ParseExpression()
    {
        if (!Enter())
            return None;
        var result = ParseExpressionHere();
        _depth--;
        return result;
    }

    int ParseExpressionHere()
    {
        switch ((char)Peek())
        {
            case 'L': return ParseLiteral();
            case 'T': return ParseTemplateParameter(out _);
            case 'f' when PeekAt(1) is (byte)'p' or (byte)'L': return ParseFunctionParameter();
            case 'f': return ParseFold();
            case >= '0' and <= '9': return ParseUnresolvedBase();
        }
        if (TryTake('g', 's'))
            return Add(NodeKind.Special, ParseExpression(), text: "::");
        if (TryTake('s', 'r'))
            return ParseScopeResolution();
        if (TryTake('s', 'p'))
            return Add(NodeKind.Expansion, ParseExpression());
        if (TryTake('o', 'n') || TryTake('d', 'n'))
            return ParseUnresolvedBase();
        if (TryTake('t', 'l'))
        {
            var type = ParseType();
            return Add(NodeKind.Initializer, type, ParseExpressions());
        }
        if (TryTake('i', 'l'))
            return Add(NodeKind.Initializer, None, ParseExpressions());
        if (TryTake('c', 'v'))
            return ParseConversion();
        if (TryTake('n', 'x'))
            return Add(NodeKind.Enclosed, ParseExpression(), text: "noexcept(", value: ')');
        if (TryTake('t', 'w'))
            return Add(NodeKind.Special, ParseExpression(), text: "throw ");
        if (TryTake('t', 'r'))
            return Word("throw");
        if (Peek() == 'n' && PeekAt(1) is (byte)'w' or (byte)'a')
            return ParseNew();
        if (TryTake('d', 'l'))
            return Add(NodeKind.Special, ParseExpression(), text: "delete ");
        if (TryTake('d', 'a'))
            return Add(NodeKind.Special, ParseExpression(), text: "delete[] ");
        return ParseOperator();
    }

    int ParseOperator()
    {
        var (a, b) = (Peek(), PeekAt(1));
        if (!Operators.TryFind(a, b, out var text, out var kind))
            return Fail();
        _at += 2;
        switch (kind)
        {
            case OperatorKind.Prefix:
                return Add(NodeKind.Prefix, ParseExpression(), text: text);
            case OperatorKind.Postfix when TryTake('_'):
                return Add(NodeKind.Prefix, ParseExpression(), text: text);
            case OperatorKind.Postfix:
                return Add(NodeKind.Postfix, ParseExpression(), text: text);
            case OperatorKind.Binary:
                return Pair(NodeKind.Binary, text);
            case OperatorKind.Member:
                return Pair(NodeKind.Member, text);
            case OperatorKind.Subscript:
                return Pair(NodeKind.Subscript, text);
            case OperatorKind.Call:
                var function = ParseExpression();
                return Add(NodeKind.Call, function, ParseExpressions());
            case OperatorKind.Conditional:
                var (condition, then) = (ParseExpression(), ParseExpression());
                return Add(NodeKind.Conditional, condition, then, ParseExpression());
            case OperatorKind.NamedCast:
                var type = ParseType();
                return Add(NodeKind.NamedCast, type, ParseExpression(), text: text);
            default:
                return ParseTypeOrSize((char)a, (char)b, text);
        }
    }

    int Pair(NodeKind kind, string text)
    {
        var left = ParseExpression();
        return Add(kind, left, ParseExpression(), text: text);
    }

    int ParseTypeOrSize(char a, char b, string text) => (a, b) switch
    {
        ('s', 'Z') => Add(NodeKind.Enclosed, Peek() == 'T' ? ParseTemplateParameter(out _) : ParseFunctionParameter(), text: "sizeof...(", value: ')'),
        ('s' or 'a' or 't', 't' or 'i') => Add(NodeKind.Enclosed, ParseType(), text: text + " (", value: ')'),
        _ => Add(NodeKind.Enclosed, ParseExpression(), text: text + " (", value: ')'),
    };

    /// <summary>Expressions up to an E.</summary>
    int ParseExpressions()
    {
        var items = new List<int>();
        while (!_failed && !TryTake('E'))
            items.Add(ParseExpression());
        return AddList(items);
    }

    /// <summary>cv type expression, or cv type _ expressions E.</summary>
    int ParseConversion()
    {
        var type = ParseType();
        if (TryTake('_'))
            return Add(NodeKind.Cast, type, ParseExpressions(), value: 1);
        return Add(NodeKind.Cast, type, Add(NodeKind.List, ParseExpression(), None));
    }

    /// <summary>nw or na, arguments _ type, then E or pi arguments E.</summary>
    int ParseNew()
    {
        var text = PeekAt(1) == 'a' ? "new[] " : "new ";
        _at += 2;
        while (!_failed && !TryTake('_'))
            ParseExpression();
        var type = Add(NodeKind.Special, ParseType(), text: text);
        if (TryTake('E'))
            return type;
        return TryTake('p', 'i') ? Add(NodeKind.Call, type, ParseExpressions()) : Fail();
    }

    /// <summary>fp [qualifiers] [number] _, and fL level p …; the first is 1, fpT is this.</summary>
    int ParseFunctionParameter()
    {
        if (TryTake('f', 'L'))
        {
            ParsePositive();
            if (!TryTake('p'))
                return Fail();
        }
        else if (!TryTake('f', 'p'))
            return Fail();
        if (TryTake('T'))
            return Word("this");
        ParseQualifiers();
        var number = Peek() == '_' ? 1 : ParsePositive() + 2;
        return TryTake('_') ? Word($"{{parm#{number}}}") : Fail();
    }

    /// <summary>fl, fr: (... op pack), (pack op ...); fL, fR with a first value.</summary>
    int ParseFold()
    {
        var kind = (char)PeekAt(1);
        _at += 2;
        if (kind is not ('l' or 'r' or 'L' or 'R') || !Operators.TryFind(Peek(), PeekAt(1), out var text, out _))
            return Fail();
        _at += 2;
        var (dots, first) = (Word("..."), ParseExpression());
        var inner = kind switch
        {
            'l' => Add(NodeKind.Member, dots, first, text: text),
            'r' => Add(NodeKind.Member, first, dots, text: text),
            _ => Add(NodeKind.Member, first, Add(NodeKind.Member, dots, ParseExpression(), text: text), text: text),
        };
        return Add(NodeKind.Enclosed, inner, text: "(", value: ')');
    }

    /// <summary>A name with its template arguments, perhaps an operator's.</summary>
    int ParseUnresolvedBase()
    {
        var state = default(NameState);
        TryTake('o', 'n');
        var name = char.IsAsciiDigit((char)Peek()) ? ParseSourceName() : ParseOperatorName(ref state);
        while (TryTake('B'))
            name = Add(NodeKind.AbiTag, name, ParseSourceName());
        return Peek() == 'I' ? Add(NodeKind.Template, name, ParseTemplateArguments(tag: false)) : name;
    }

    /// <summary>sr type name, sr N type names E name, sr names E name.</summary>
    int ParseScopeResolution()
    {
        int scope;
        if (TryTake('N'))
        {
            scope = ParseType();
            while (!_failed && !TryTake('E'))
                scope = Add(NodeKind.Nested, scope, ParseUnresolvedBase());
        }
        else if (char.IsAsciiDigit((char)Peek()))
        {
            scope = ParseUnresolvedBase();
            while (!_failed && !TryTake('E'))
                scope = Add(NodeKind.Nested, scope, ParseUnresolvedBase());
        }
        else
            scope = ParseType();
        return Add(NodeKind.Nested, scope, ParseUnresolvedBase());
    }

    /// <summary>L type value E, or L _Z encoding E.</summary>
    int ParseLiteral()
    {
        if (!TryTake('L'))
            return Fail();
        if (TryTake('_', 'Z') || TryTake('Z'))
        {
            var encoding = ParseEncoding();
            return TryTake('E') ? encoding : Fail();
        }
        var type = ParseType();
        var start = _at;
        while (Peek() is not (0 or (byte)'E'))
            _at++;
        var digits = TextFrom(start, _at - start);
        return TryTake('E') ? Add(NodeKind.Literal, type, text: digits) : Fail();
    }
}
