using System.Text;

namespace VmAtlas.Symbols.Demangling;

/// <summary>Rust's names since 2020 (RFC 2603, "v0"), written while they are read. Hashes of crates are left out.</summary>
/// <remarks>A reference back can stand for a long text, and references in it too, so the text, the steps and the depth are bounded.</remarks>
ref partial struct RustV0
{
    const int MaxText = 1 << 16, MaxDepth = 128, MaxSteps = 1 << 16;

    readonly ReadOnlySpan<byte> _text;
    readonly StringBuilder _out = new();
    int _at, _depth, _steps, _lifetimes;
    bool _failed, _silent;

    RustV0(ReadOnlySpan<byte> text) => _text = text;

    public static string? TryDemangle(ReadOnlySpan<byte> name)
    {
        if (!name.StartsWith("_R"u8) || name.Length > ItaniumParser.MaxLength || name.Length < 4)
            return null;
        var end = name.IndexOf((byte)'.');
        var suffix = end < 0 ? default : name[end..];
        var rust = new RustV0(end < 0 ? name[2..] : name[2..end]);
        rust.Path(inValue: true);
        if (!rust._failed && rust._at < rust._text.Length)
        {
            // The crate that made the instance.
            rust._silent = true;
            rust.Path(inValue: false);
        }
        if (rust._failed || rust._at != rust._text.Length)
            return null;
        return suffix.IsEmpty || suffix.StartsWith(".llvm."u8) ? rust._out.ToString() : rust._out.Append(Encoding.UTF8.GetString(suffix)).ToString();
    }

    void Path(bool inValue)
    {
        if (!Enter())
            return;
        switch (Next())
        {
            case 'C':
                Disambiguator();
                Write(Identifier());
                break;
            case 'N':
                NestedPath(inValue);
                break;
            case 'M':
                SkipImplPath();
                Write("<");
                Type();
                Write(">");
                break;
            case 'X':
                SkipImplPath();
                QualifiedPath();
                break;
            case 'Y':
                QualifiedPath();
                break;
            case 'I':
                Path(inValue);
                Write(inValue ? "::<" : "<");
                GenericArguments();
                Write(">");
                break;
            case 'B':
                var outer = BackReference();
                if (outer >= 0)
                {
                    Path(inValue);
                    _at = outer;
                }
                break;
            default:
                Fail();
                break;
        }
        _depth--;
    }

    void QualifiedPath()
    {
        Write("<");
        Type();
        Write(" as ");
        Path(inValue: false);
        Write(">");
    }

    void NestedPath(bool inValue)
    {
        var space = Next();
        if (!char.IsAsciiLetter(space))
        {
            Fail();
            return;
        }
        Path(inValue);
        var number = Disambiguator();
        var name = Identifier();
        if (char.IsAsciiLetterUpper(space))
            Write($"::{{{(space == 'C' ? "closure" : space == 'S' ? "shim" : space.ToString())}{(name.Length > 0 ? ":" : "")}{name}#{number}}}");
        else if (name.Length > 0)
            Write("::" + name);
    }

    /// <summary>The module that an impl stands in says nothing to people.</summary>
    void SkipImplPath()
    {
        var outer = _silent;
        _silent = true;
        Disambiguator();
        Path(inValue: false);
        _silent = outer;
    }

    void GenericArguments()
    {
        for (var first = true; !_failed && !TryTake('E'); first = false)
        {
            Write(first ? "" : ", ");
            if (TryTake('L'))
                Lifetime(Base62());
            else if (TryTake('K'))
                Constant();
            else
                Type();
        }
    }

    /// <summary>Numbers begin at 0 where nothing is said.</summary>
    ulong Disambiguator() => TryTake('s') ? unchecked(Base62() + 1) : 0;

    /// <summary>Digits, small and large letters, up to an underscore, which alone is 0.</summary>
    ulong Base62()
    {
        if (TryTake('_'))
            return 0;
        var value = 0UL;
        while (!_failed && !TryTake('_'))
        {
            var letter = Next();
            var digit = letter switch
            {
                >= '0' and <= '9' => letter - '0',
                >= 'a' and <= 'z' => letter - 'a' + 10,
                >= 'A' and <= 'Z' => letter - 'A' + 36,
                _ => -1,
            };
            if (digit < 0 || value > (ulong.MaxValue - 64) / 62)
                Fail();
            else
                value = value * 62 + (ulong)digit;
        }
        return unchecked(value + 1);
    }

    /// <summary>Goes back to what was said before. Returns where to go on afterwards; -1 when the reference is none.</summary>
    int BackReference()
    {
        var start = _at - 1;
        var target = Base62();
        if (_failed || target >= (ulong)start)
        {
            Fail();
            return -1;
        }
        // What is not shown need not be read again.
        if (_silent)
            return -1;
        var outer = _at;
        _at = (int)target;
        return outer;
    }

    string Identifier()
    {
        var isPunycode = TryTake('u');
        var length = 0;
        if (!char.IsAsciiDigit(Peek()))
            Fail();
        if (!TryTake('0'))
        {
            while (char.IsAsciiDigit(Peek()) && length <= _text.Length)
                length = length * 10 + Next() - '0';
        }
        TryTake('_');
        if (_failed || length > _text.Length - _at)
        {
            Fail();
            return "";
        }
        var bytes = _text.Slice(_at, length);
        _at += length;
        if (!isPunycode)
            return Encoding.UTF8.GetString(bytes);
        var decoded = Punycode.TryDecode(bytes);
        if (decoded is null)
            Fail();
        return decoded ?? "";
    }

    bool Enter()
    {
        if (_failed || ++_depth > MaxDepth || ++_steps > MaxSteps || _out.Length > MaxText)
        {
            Fail();
            return false;
        }
        return true;
    }

    readonly void Write(string text)
    {
        if (!_silent && !_failed)
            _out.Append(text);
    }

    void Fail()
    {
        _failed = true;
        _at = _text.Length;
    }

    readonly char Peek() => _at < _text.Length ? (char)_text[_at] : '\0';

    char Next()
    {
        var letter = Peek();
        if (letter == '\0')
            Fail();
        else
            _at++;
        return letter;
    }

    bool TryTake(char letter)
    {
        if (Peek() != letter)
            return false;
        _at++;
        return true;
    }
}
