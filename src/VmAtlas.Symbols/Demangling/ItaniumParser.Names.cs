namespace VmAtlas.Symbols.Demangling;

/// <summary>Names: §5.1.2 to §5.1.4 and §5.1.6 to §5.1.8.</summary>
sealed partial class ItaniumParser
{
    int ParseName(ref NameState state)
    {
        if (!Enter())
            return None;
        var result = (char)Peek() switch
        {
            'N' => ParseNestedName(ref state),
            'Z' => ParseLocalName(ref state),
            _ => ParseUnscopedName(ref state),
        };
        _depth--;
        return result;
    }

    int ParseUnscopedName(ref NameState state)
    {
        int name;
        if (Peek() == 'S' && PeekAt(1) != 't')
        {
            name = ParseSubstitution();
            if (Peek() != 'I')
                return name;
        }
        else
        {
            var isStd = TryTake('S', 't');
            name = ParseUnqualifiedName(None, ref state);
            if (isStd)
                name = Add(NodeKind.Nested, Word("std"), name);
            if (Peek() != 'I')
                return name;
            Substitutable(name);
        }
        state.EndsWithTemplate = true;
        return Add(NodeKind.Template, name, ParseTemplateArguments(state.Tags));
    }

    int ParseNestedName(ref NameState state)
    {
        _at++;
        state.Qualifiers = ParseQualifiers();
        state.Qualifiers |= TryTake('O') ? Qualifiers.RvalueRef : TryTake('R') ? Qualifiers.LvalueRef : 0;
        var name = None;
        while (!_failed && !TryTake('E'))
        {
            state.EndsWithTemplate = false;
            TryTake('L');
            switch ((char)Peek())
            {
                case 'S' when PeekAt(1) == 't' && name == None:
                    _at += 2;
                    name = Word("std");
                    continue;
                case 'S' when PeekAt(1) != 't':
                    if (name != None)
                        return Fail();
                    name = ParseSubstitution();
                    continue;
                case 'M':
                    // The initializer of a data member: the prefix ends here, what follows is in its scope.
                    _at++;
                    continue;
                case 'T':
                    name = Join(name, ParseTemplateParameter(out var parameter));
                    Substitutable(name, parameter);
                    continue;
                case 'I':
                    if (name == None)
                        return Fail();
                    name = Add(NodeKind.Template, name, ParseTemplateArguments(state.Tags));
                    state.EndsWithTemplate = true;
                    break;
                case 'D' when PeekAt(1) is (byte)'t' or (byte)'T':
                    name = Join(name, ParseDecltype());
                    break;
                default:
                    name = Join(name, ParseUnqualifiedName(name, ref state));
                    break;
            }
            Substitutable(name);
        }
        if (name == None || _substitutions.Count == 0)
            return Fail();
        // The whole name is not a prefix of itself.
        _substitutions.RemoveAt(_substitutions.Count - 1);
        return name;
    }

    int Join(int scope, int name) => scope == None ? name : Add(NodeKind.Nested, scope, name);

    /// <summary>Z function E name, or Z function E s for a text of it, or Z function E d number _ name for a default argument's.</summary>
    int ParseLocalName(ref NameState state)
    {
        _at++;
        var function = ParseEncoding();
        if (!TryTake('E'))
            return Fail();
        if (TryTake('s'))
        {
            SkipDiscriminator();
            return Add(NodeKind.Local, function, Word("string literal"));
        }
        if (TryTake('d'))
        {
            var number = Peek() == '_' ? 1 : ParsePositive() + 2;
            if (!TryTake('_'))
                return Fail();
            var inner = ParseName(ref state);
            return Add(NodeKind.Local, function, Add(NodeKind.Nested, Word($"{{default arg#{number}}}"), inner));
        }
        var name = ParseName(ref state);
        SkipDiscriminator();
        return Add(NodeKind.Local, function, name);
    }

    /// <summary>_ digit, or __ number _: which of several of one name, which people do not need.</summary>
    void SkipDiscriminator()
    {
        if (Peek() != '_')
            return;
        if (PeekAt(1) == '_' && char.IsAsciiDigit((char)PeekAt(2)))
        {
            _at += 2;
            ParsePositive();
            TryTake('_');
        }
        else if (char.IsAsciiDigit((char)PeekAt(1)))
        {
            _at++;
            ParsePositive();
        }
    }

    /// <param name="scope">The class that a constructor's name repeats.</param>
    int ParseUnqualifiedName(int scope, ref NameState state)
    {
        TryTake('L');
        var letter = (char)Peek();
        int name;
        if (char.IsAsciiDigit(letter))
            name = ParseSourceName();
        else if (letter == 'U')
            name = ParseUnnamedType();
        else if (letter == 'D' && PeekAt(1) == 'C')
            name = ParseStructuredBinding();
        else if (letter is 'C' or 'D' && scope != None && (char.IsAsciiDigit((char)PeekAt(1)) || PeekAt(1) == 'I'))
            name = ParseStructor(scope, ref state);
        else
            name = ParseOperatorName(ref state);
        while (TryTake('B'))
            name = Add(NodeKind.AbiTag, name, ParseSourceName());
        return name;
    }

    int ParseSourceName()
    {
        var length = ParsePositive();
        if (_failed || length == 0 || length > _length - _at)
            return Fail();
        var text = TextFrom(_at, length);
        _at += length;
        // GCC's name for what is in a namespace without a name.
        return Word(length >= 10 && text.StartsWith("_GLOBAL_", StringComparison.Ordinal) && text[8] is '.' or '_' or '$' && text[9] == 'N' ? "(anonymous namespace)" : text);
    }

    /// <summary>Ut for a type without a name, Ul for a lambda; their numbers begin at 1.</summary>
    int ParseUnnamedType()
    {
        if (TryTake('U', 't'))
        {
            var number = ParseNumberedFrom1();
            return Word($"{{unnamed type#{number}}}");
        }
        if (!TryTake('U', 'l'))
            return Fail();
        var outer = _inLambda;
        _inLambda = true;
        var parameters = None;
        if (!TryTake('v'))
        {
            var types = new List<int>();
            while (!_failed && Peek() is not (0 or (byte)'E'))
                types.Add(ParseType());
            parameters = AddList(types);
        }
        _inLambda = outer;
        if (!TryTake('E'))
            return Fail();
        return Add(NodeKind.Lambda, parameters, value: ParseNumberedFrom1());
    }

    /// <summary>_ is 1, 0_ is 2, and so on.</summary>
    int ParseNumberedFrom1()
    {
        var number = Peek() == '_' ? 1 : ParsePositive() + 2;
        return TryTake('_') ? number : Fail();
    }

    int ParseStructuredBinding()
    {
        _at += 2;
        var names = new List<int>();
        while (!_failed && !TryTake('E'))
            names.Add(ParseSourceName());
        return Add(NodeKind.Enclosed, AddList(names), text: "[", value: ']');
    }

    int ParseStructor(int scope, ref NameState state)
    {
        var isDestructor = Peek() == 'D';
        _at++;
        var inherits = TryTake('I');
        if (!char.IsAsciiDigit((char)Peek()) || Peek() > '5')
            return Fail();
        _at++;
        if (inherits)
            ParseType();
        state.IsStructorOrConversion = true;
        return Add(NodeKind.Structor, scope, value: isDestructor ? 1 : 0);
    }

    int ParseOperatorName(ref NameState state)
    {
        if (TryTake('c', 'v'))
        {
            // The type can use template arguments that are only read behind it.
            var (forward, conversion) = (_allowForward, _inConversion);
            (_allowForward, _inConversion) = (state.Tags, true);
            var type = ParseType();
            (_allowForward, _inConversion) = (forward, conversion);
            state.IsStructorOrConversion = true;
            return Add(NodeKind.Conversion, type);
        }
        if (TryTake('l', 'i'))
            return Add(NodeKind.Special, ParseSourceName(), text: "operator\"\" ");
        if (Peek() == 'v' && char.IsAsciiDigit((char)PeekAt(1)))
        {
            _at += 2;
            return Add(NodeKind.Special, ParseSourceName(), text: "operator ");
        }
        if (Operators.NameOf(Peek(), PeekAt(1)) is not { } name)
            return Fail();
        _at += 2;
        return Word(name);
    }

    int ParseSubstitution()
    {
        _at++;
        if (char.IsAsciiLetterLower((char)Peek()))
        {
            var (name, last) = (char)Peek() switch
            {
                'a' => ("std::allocator", "allocator"),
                'b' => ("std::basic_string", "basic_string"),
                's' => ("std::string", "basic_string"),
                'i' => ("std::istream", "basic_istream"),
                'o' => ("std::ostream", "basic_ostream"),
                'd' => ("std::iostream", "basic_iostream"),
                _ => ("", ""),
            };
            if (name.Length == 0)
                return Fail();
            var letter = (char)Peek();
            _at++;
            // A constructor's name repeats the template's, so there the whole type is written.
            if (letter is 's' or 'i' or 'o' or 'd' && Peek() is (byte)'C' or (byte)'D')
                name = letter == 's' ? "std::basic_string<char, std::char_traits<char>, std::allocator<char> >" : $"std::{last}<char, std::char_traits<char> >";
            var node = Add(NodeKind.Word, Word(last), text: name);
            if (Peek() != 'B')
                return node;
            while (TryTake('B'))
                node = Add(NodeKind.AbiTag, node, ParseSourceName());
            return Substitutable(node);
        }
        var index = Peek() == '_' ? 0 : ParseBase36() + 1;
        if (!TryTake('_') || index >= _substitutions.Count)
            return Fail();
        var (known, parameter) = _substitutions[index];
        return parameter == None ? known : TemplateParameter(parameter);
    }

    int ParseTemplateParameter(out int index)
    {
        index = None;
        if (!TryTake('T'))
            return Fail();
        // An outer level is only in lambdas with template parameters of their own, which are not read.
        index = Peek() == '_' ? 0 : ParsePositive() + 1;
        return TryTake('_') ? TemplateParameter(index) : Fail();
    }

    /// <summary>What a template parameter stands for here.</summary>
    int TemplateParameter(int index)
    {
        if (_inLambda || _allowForward)
        {
            var node = Add(NodeKind.Forward, text: _inLambda ? $"auto:{index + 1}" : "", value: index);
            _forwards.Add(node);
            return node;
        }
        return index < _templateArguments.Count ? _templateArguments[index] : Fail();
    }

    /// <param name="tag">Whether these are what template parameters of the name refer to from here on.</param>
    int ParseTemplateArguments(bool tag)
    {
        if (!TryTake('I') && !TryTake('J'))
            return Fail();
        var mine = new List<int>();
        if (tag)
            _templateArguments = mine;
        var arguments = new List<int>();
        var conversion = _inConversion;
        _inConversion = false;
        while (!_failed && !TryTake('E'))
        {
            // Arguments can refer to those before them, but not to themselves.
            var argument = ParseTemplateArgument();
            arguments.Add(argument);
            // What refers to a pack means each of its arguments in turn; the argument itself is all of them.
            mine.Add(!_failed && Nodes[argument].Kind == NodeKind.Group ? Add(NodeKind.Pack, Nodes[argument].A) : argument);
        }
        _inConversion = conversion;
        return AddList(arguments);
    }

    int ParseTemplateArgument()
    {
        if (!Enter())
            return None;
        int result;
        switch ((char)Peek())
        {
            case 'X':
                _at++;
                result = ParseExpression();
                if (!TryTake('E'))
                    Fail();
                break;
            case 'J':
                result = Add(NodeKind.Group, ParseTemplateArguments(tag: false));
                break;
            case 'L':
                result = ParseLiteral();
                break;
            default:
                result = ParseType();
                break;
        }
        _depth--;
        return result;
    }
}
