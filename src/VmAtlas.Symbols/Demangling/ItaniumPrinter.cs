using System.Text;

namespace VmAtlas.Symbols.Demangling;

/// <summary>Writes the nodes of a C++ name as binutils' c++filt does. Types grow to both sides of what they qualify, so each has a left and a right part.</summary>
/// <remarks>A short name can stand for an endless text, so the text, the steps and the depth are bounded.</remarks>
sealed partial class ItaniumPrinter(List<Node> nodes)
{
    /// <summary>Characters of a text; beyond, the name stays mangled.</summary>
    public const int MaxText = 1 << 16;

    const int MaxSteps = 1 << 18, MaxDepth = 400, None = -1;

    readonly StringBuilder _out = new();
    int _steps, _depth, _packIndex, _packCount, _lambdas;
    bool _failed;

    public string? Print(int root)
    {
        _out.Clear();
        (_steps, _depth, _packIndex, _packCount, _lambdas, _failed) = (0, 0, None, None, 0, false);
        Write(root);
        return _failed ? null : _out.ToString();
    }

    void Write(int node)
    {
        Left(node);
        if (node >= 0 && nodes[node].Kind is NodeKind.Pack or NodeKind.Forward or NodeKind.Qualified or NodeKind.Vendor or NodeKind.Pointer
            or NodeKind.MemberPointer or NodeKind.Array or NodeKind.Function)
            Right(node);
    }

    bool Enter(int node)
    {
        if (node < 0 || _failed || ++_steps > MaxSteps || _depth >= MaxDepth || _out.Length > MaxText)
        {
            _failed |= node >= 0;
            return false;
        }
        _depth++;
        return true;
    }

    void Left(int number)
    {
        if (!Enter(number))
            return;
        var node = nodes[number];
        switch (node.Kind)
        {
            case NodeKind.Word: _out.Append(node.Text); break;
            case NodeKind.Nested: Write(node.A); _out.Append("::"); Write(node.B); break;
            case NodeKind.Local: WriteWithoutResult(node.A); _out.Append("::"); Write(node.B); break;
            case NodeKind.Template: WriteTemplate(node); break;
            case NodeKind.List: WriteList(number); break;
            case NodeKind.Group: WriteList(node.A); break;
            case NodeKind.Structor: _out.Append(node.Value == 1 ? "~" : ""); Write(BaseName(node.A)); break;
            case NodeKind.AbiTag: Write(node.A); _out.Append("[abi:"); Write(node.B); _out.Append(']'); break;
            case NodeKind.Conversion: _out.Append("operator "); Write(node.A); break;
            case NodeKind.Lambda: WriteLambda(node); break;
            case NodeKind.Special: WriteSpecial(node); break;
            case NodeKind.ConstructionTable: _out.Append("construction vtable for "); Write(node.A); _out.Append("-in-"); Write(node.B); break;
            case NodeKind.Clone: Write(node.A); _out.Append(" [clone ").Append(node.Text).Append(']'); break;
            case NodeKind.Encoding: WriteEncoding(node, withResult: true); break;
            case NodeKind.Pack: WritePack(node); break;
            case NodeKind.Expansion: WriteExpansion(node); break;
            case NodeKind.Forward: WriteForward(node); break;
            case NodeKind.Qualified or NodeKind.Vendor or NodeKind.Pointer or NodeKind.MemberPointer or NodeKind.Array or NodeKind.Function: TypeLeft(node); break;
            default: WriteExpression(node); break;
        }
        _depth--;
    }

    void Right(int number)
    {
        if (!Enter(number))
            return;
        var node = nodes[number];
        switch (node.Kind)
        {
            case NodeKind.Pack: Right(PackItem(node)); break;
            case NodeKind.Forward when !IsAuto(node): Right(node.A); break;
            case NodeKind.Qualified or NodeKind.Vendor or NodeKind.Pointer or NodeKind.MemberPointer or NodeKind.Array or NodeKind.Function: TypeRight(node); break;
        }
        _depth--;
    }

    void WriteTemplate(Node node)
    {
        Write(node.A);
        // "operator<" and the bracket would read as "operator<<".
        if (_out.Length > 0 && _out[^1] == '<')
            _out.Append(' ');
        _out.Append('<');
        WriteList(node.B);
        if (_out[^1] == '>')
            _out.Append(' ');
        _out.Append('>');
    }

    void WriteLambda(Node node)
    {
        _out.Append("{lambda(");
        _lambdas++;
        WriteList(node.A);
        _lambdas--;
        _out.Append(")#").Append(node.Value).Append('}');
    }

    void WriteForward(Node node)
    {
        if (IsAuto(node))
            _out.Append(node.Text);
        else
            Left(node.A);
    }

    bool IsAuto(Node node) => node.Text.Length > 0 && (_lambdas > 0 || node.A < 0);

    /// <summary>Items with commas between; an empty pack leaves none.</summary>
    void WriteList(int list)
    {
        var isFirst = true;
        for (; list >= 0 && !_failed; list = nodes[list].B)
        {
            var start = _out.Length;
            if (!isFirst)
                _out.Append(", ");
            var begin = _out.Length;
            Write(nodes[list].A);
            if (_out.Length == begin)
                _out.Length = start;
            else
                isFirst = false;
        }
    }

    void WriteSpecial(Node node)
    {
        // A version stands behind, all else before.
        if (node.Value == 1)
            Write(node.B);
        _out.Append(node.Text);
        Write(node.A);
    }

    void WriteEncoding(Node node, bool withResult)
    {
        var type = nodes[node.B];
        if (withResult && type.A >= 0)
        {
            Left(type.A);
            if (!EndsOpen(type.A))
                _out.Append(' ');
        }
        Write(node.A);
        _out.Append('(');
        WriteList(type.B);
        _out.Append(')');
        if (withResult)
            Right(type.A);
        WriteQualifiers((Qualifiers)type.Value);
    }

    /// <summary>A function as a scope: what it returns says nothing there.</summary>
    void WriteWithoutResult(int number)
    {
        if (number >= 0 && nodes[number].Kind == NodeKind.Encoding)
            WriteEncoding(nodes[number], withResult: false);
        else
            Write(number);
    }

    /// <summary>Outside of an expansion all arguments, inside of one the argument whose turn it is.</summary>
    void WritePack(Node node)
    {
        if (_packIndex == None)
            WriteList(node.A);
        else
            Left(PackItem(node));
    }

    int PackItem(Node node)
    {
        if (_packIndex == None)
            return None;
        var list = node.A;
        var count = 0;
        for (var at = list; at >= 0; at = nodes[at].B)
            count++;
        _packCount = count;
        for (var i = 0; i < _packIndex && list >= 0; i++)
            list = nodes[list].B;
        return list < 0 ? None : nodes[list].A;
    }

    void WriteExpansion(Node node)
    {
        var (index, count) = (_packIndex, _packCount);
        (_packIndex, _packCount) = (0, None);
        var start = _out.Length;
        Write(node.A);
        if (_packCount == None)
            _out.Append("...");
        else if (_packCount == 0)
            _out.Length = start;
        else
        {
            for (var (i, all) = (1, _packCount); i < all && !_failed; i++)
            {
                _packIndex = i;
                _out.Append(", ");
                Write(node.A);
            }
        }
        (_packIndex, _packCount) = (index, count);
    }

    /// <summary>The last part of a class's name, without template arguments: what its constructors are called.</summary>
    int BaseName(int number)
    {
        for (var i = 0; i < MaxDepth && number >= 0; i++)
        {
            var node = nodes[number];
            switch (node.Kind)
            {
                case NodeKind.Nested or NodeKind.Local: number = node.B; break;
                case NodeKind.Template or NodeKind.AbiTag: number = node.A; break;
                case NodeKind.Word when node.A >= 0: number = node.A; break;
                default: return number;
            }
        }
        return number;
    }

    void WriteQualifiers(Qualifiers qualifiers)
    {
        if ((qualifiers & Qualifiers.Const) != 0)
            _out.Append(" const");
        if ((qualifiers & Qualifiers.Volatile) != 0)
            _out.Append(" volatile");
        if ((qualifiers & Qualifiers.Restrict) != 0)
            _out.Append(" __restrict");
        if ((qualifiers & Qualifiers.TransactionSafe) != 0)
            _out.Append(" transaction_safe");
        if ((qualifiers & Qualifiers.LvalueRef) != 0)
            _out.Append(" &");
        if ((qualifiers & Qualifiers.RvalueRef) != 0)
            _out.Append(" &&");
        if ((qualifiers & Qualifiers.Noexcept) != 0)
            _out.Append(" noexcept");
    }
}
