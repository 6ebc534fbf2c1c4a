using System.Globalization;

namespace VmAtlas.Symbols.Demangling;

/// <summary>Types, lifetimes and constants.</summary>
ref partial struct RustV0
{
    void Type()
    {
        if (!Enter())
            return;
        var letter = Next();
        switch (letter)
        {
            case var basic when BasicType(basic) is { } name:
                Write(name);
                break;
            case 'R' or 'Q':
                Write("&");
                if (TryTake('L') && Base62() is not 0 and var lifetime)
                {
                    Lifetime(lifetime);
                    Write(" ");
                }
                Write(letter == 'Q' ? "mut " : "");
                Type();
                break;
            case 'P' or 'O':
                Write(letter == 'P' ? "*const " : "*mut ");
                Type();
                break;
            case 'A' or 'S':
                Write("[");
                Type();
                if (letter == 'A')
                {
                    Write("; ");
                    Constant();
                }
                Write("]");
                break;
            case 'T':
                Tuple();
                break;
            case 'F':
                FunctionType();
                break;
            case 'D':
                DynamicType();
                break;
            case 'B':
                var outer = BackReference();
                if (outer >= 0)
                {
                    Type();
                    _at = outer;
                }
                break;
            default:
                _at -= _failed ? 0 : 1;
                Path(inValue: false);
                break;
        }
        _depth--;
    }

    void Tuple()
    {
        Write("(");
        var count = 0;
        for (; !_failed && !TryTake('E'); count++)
        {
            Write(count > 0 ? ", " : "");
            Type();
        }
        Write(count == 1 ? ",)" : ")");
    }

    void FunctionType()
    {
        var outer = _lifetimes;
        Binder();
        Write(TryTake('U') ? "unsafe " : "");
        if (TryTake('K'))
            Write($"extern \"{(TryTake('C') ? "C" : Identifier().Replace('_', '-'))}\" ");
        Write("fn(");
        for (var first = true; !_failed && !TryTake('E'); first = false)
        {
            Write(first ? "" : ", ");
            Type();
        }
        Write(")");
        if (!TryTake('u'))
        {
            Write(" -> ");
            Type();
        }
        _lifetimes = outer;
    }

    void DynamicType()
    {
        var outer = _lifetimes;
        Write("dyn ");
        Binder();
        for (var first = true; !_failed && !TryTake('E'); first = false)
        {
            Write(first ? "" : " + ");
            DynamicTrait();
        }
        _lifetimes = outer;
        if (!TryTake('L'))
            Fail();
        else if (Base62() is not 0 and var lifetime)
        {
            Write(" + ");
            Lifetime(lifetime);
        }
    }

    /// <summary>A trait, and the types it is bound to: they stand in the same brackets as its arguments.</summary>
    void DynamicTrait()
    {
        var open = TraitPath();
        while (!_failed && TryTake('p'))
        {
            Write(open ? ", " : "<");
            open = true;
            Write(Identifier() + " = ");
            Type();
        }
        Write(open ? ">" : "");
    }

    /// <returns>Whether a bracket is open.</returns>
    bool TraitPath()
    {
        if (!Enter())
            return false;
        var open = false;
        if (TryTake('B'))
        {
            var outer = BackReference();
            if (outer >= 0)
            {
                open = TraitPath();
                _at = outer;
            }
        }
        else if (TryTake('I'))
        {
            Path(inValue: false);
            Write("<");
            GenericArguments();
            open = true;
        }
        else
            Path(inValue: false);
        _depth--;
        return open;
    }

    /// <summary>for&lt;'a, 'b&gt;.</summary>
    void Binder()
    {
        if (!TryTake('G'))
            return;
        var count = unchecked(Base62() + 1);
        if (count is 0 or > 256)
        {
            Fail();
            return;
        }
        Write("for<");
        for (var i = 0UL; i < count; i++)
        {
            _lifetimes++;
            Write(i > 0 ? ", " : "");
            Lifetime(1);
        }
        Write("> ");
    }

    /// <summary>0 is '_; else counted from the innermost binder outwards.</summary>
    void Lifetime(ulong index)
    {
        if (index == 0)
        {
            Write("'_");
            return;
        }
        var depth = _lifetimes - (long)Math.Min(index, int.MaxValue);
        if (depth < 0)
            Fail();
        else
            Write(depth < 26 ? $"'{(char)('a' + depth)}" : $"'_{depth}");
    }

    void Constant()
    {
        if (!Enter())
            return;
        var type = Next();
        switch (type)
        {
            case 'p':
                Write("_");
                break;
            case 'B':
                var outer = BackReference();
                if (outer >= 0)
                {
                    Constant();
                    _at = outer;
                }
                break;
            case 'b':
                Write(HexDigits() switch { "0" => "false", "1" => "true", _ => Bad() });
                break;
            case 'c':
                Write(uint.TryParse(HexDigits(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
                    && System.Text.Rune.TryCreate(code, out var rune) && !System.Text.Rune.IsControl(rune) ? $"'{rune}'" : Bad());
                break;
            case 'a' or 's' or 'l' or 'x' or 'n' or 'i' or 'h' or 't' or 'm' or 'y' or 'o' or 'j':
                Write(TryTake('n') ? "-" : "");
                var digits = HexDigits();
                Write(digits.Length > 16 ? "0x" + digits
                    : ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value.ToString(CultureInfo.InvariantCulture) : Bad());
                break;
            default:
                Fail();
                break;
        }
        _depth--;
    }

    string Bad()
    {
        Fail();
        return "";
    }

    /// <summary>Digits up to an underscore; none for 0.</summary>
    string HexDigits()
    {
        var start = _at;
        while (char.IsAsciiHexDigitLower(Peek()))
            _at++;
        var digits = System.Text.Encoding.ASCII.GetString(_text[start.._at]);
        if (!TryTake('_'))
            Fail();
        digits = digits.TrimStart('0');
        return digits.Length == 0 ? "0" : digits;
    }

    static string? BasicType(char letter) => letter switch
    {
        'b' => "bool",
        'c' => "char",
        'e' => "str",
        'u' => "()",
        'a' => "i8",
        's' => "i16",
        'l' => "i32",
        'x' => "i64",
        'n' => "i128",
        'i' => "isize",
        'h' => "u8",
        't' => "u16",
        'm' => "u32",
        'y' => "u64",
        'o' => "u128",
        'j' => "usize",
        'f' => "f32",
        'd' => "f64",
        'z' => "!",
        'p' => "_",
        'v' => "...",
        _ => null,
    };
}
