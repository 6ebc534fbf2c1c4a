namespace VmAtlas.Symbols.Demangling;

/// <summary>Types and expressions.</summary>
sealed partial class ItaniumPrinter
{
    void TypeLeft(Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.Qualified:
                Left(node.A);
                WriteQualifiers((Qualifiers)node.Value);
                break;
            case NodeKind.Vendor:
                Left(node.A);
                _out.Append(' ').Append(node.Text);
                Write(node.B);
                break;
            case NodeKind.Pointer:
                var (target, text) = Collapse(node);
                Left(target);
                Open(target);
                _out.Append(text);
                break;
            case NodeKind.MemberPointer:
                Left(node.B);
                if (IsFunctionOrArray(node.B))
                    Open(node.B);
                else
                    _out.Append(' ');
                Write(node.A);
                _out.Append("::*");
                break;
            case NodeKind.Array:
                Left(node.A);
                break;
            case NodeKind.Function:
                Left(node.A);
                if (!EndsOpen(node.A))
                    _out.Append(' ');
                break;
        }
    }

    void TypeRight(Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.Qualified or NodeKind.Vendor:
                Right(node.A);
                break;
            case NodeKind.Pointer:
                var (target, _) = Collapse(node);
                Close(target);
                Right(target);
                break;
            case NodeKind.MemberPointer:
                Close(node.B);
                Right(node.B);
                break;
            case NodeKind.Array:
                if (_out.Length > 0 && _out[^1] != ']')
                    _out.Append(' ');
                _out.Append('[');
                Write(node.B);
                _out.Append(']');
                Right(node.A);
                break;
            case NodeKind.Function:
                _out.Append('(');
                WriteList(node.B);
                _out.Append(')');
                Right(node.A);
                WriteQualifiers((Qualifiers)node.Value);
                break;
        }
    }

    /// <summary>A pointer to a function or an array stands in brackets.</summary>
    void Open(int target)
    {
        if (!IsFunctionOrArray(target))
            return;
        if (_out.Length > 0 && _out[^1] is not (' ' or '('))
            _out.Append(' ');
        _out.Append('(');
    }

    void Close(int target)
    {
        if (IsFunctionOrArray(target))
            _out.Append(')');
    }

    /// <summary>A reference to a reference is one reference, and && only where both are.</summary>
    (int Target, string Text) Collapse(Node node)
    {
        var (target, text) = (node.A, node.Text);
        for (var i = 0; text != "*" && i < MaxDepth && Resolve(target) is >= 0 and var next && nodes[next] is { Kind: NodeKind.Pointer } inner && inner.Text != "*"; i++)
        {
            if (inner.Text == "&")
                text = "&";
            target = inner.A;
        }
        return (target, text);
    }

    /// <summary>The node that stands for another one for the moment.</summary>
    int Resolve(int number)
    {
        for (var i = 0; i < MaxDepth && number >= 0; i++)
        {
            var node = nodes[number];
            if (node.Kind == NodeKind.Forward && !IsAuto(node))
                number = node.A;
            else if (node.Kind == NodeKind.Pack && _packIndex != None)
                number = PackItem(node);
            else
                return number;
        }
        return number;
    }

    bool IsFunctionOrArray(int number)
    {
        number = Resolve(number);
        if (number >= 0 && nodes[number].Kind == NodeKind.Qualified)
            number = Resolve(nodes[number].A);
        return number >= 0 && nodes[number].Kind is NodeKind.Function or NodeKind.Array;
    }

    /// <summary>Whether the left part of a type ends with an open bracket, so that no space follows.</summary>
    bool EndsOpen(int number)
    {
        number = Resolve(number);
        if (number < 0)
            return true;
        return nodes[number].Kind is NodeKind.Pointer or NodeKind.MemberPointer
            && IsFunctionOrArray(nodes[number].Kind == NodeKind.Pointer ? Collapse(nodes[number]).Target : nodes[number].B);
    }

    void WriteExpression(Node node)
    {
        switch (node.Kind)
        {
            case NodeKind.Binary:
                // "a>b" in template arguments would end them.
                var brackets = node.Text is ">" or ">>";
                _out.Append(brackets ? "(" : "");
                Operand(node.A);
                _out.Append(node.Text);
                Operand(node.B);
                _out.Append(brackets ? ")" : "");
                break;
            case NodeKind.Prefix: _out.Append(node.Text); Operand(WithoutParameters(node)); break;
            case NodeKind.Postfix: Operand(node.A); _out.Append(node.Text); break;
            case NodeKind.Call: Operand(node.A); InBrackets('(', node.B, ')'); break;
            case NodeKind.Cast: InBrackets('(', node.A, ')'); InBrackets('(', node.B, ')'); break;
            case NodeKind.NamedCast: _out.Append(node.Text); InBrackets('<', node.A, '>'); InBrackets('(', node.B, ')'); break;
            case NodeKind.Conditional: Operand(node.A); _out.Append('?'); Operand(node.B); _out.Append(" : "); Operand(node.C); break;
            case NodeKind.Member: Operand(node.A); _out.Append(node.Text); Operand(node.B); break;
            case NodeKind.Subscript: Operand(node.A); InBrackets('[', node.B, ']'); break;
            case NodeKind.Enclosed: _out.Append(node.Text); Write(node.A); _out.Append((char)node.Value); break;
            case NodeKind.Initializer: Write(node.A); InBrackets('{', node.B, '}'); break;
            case NodeKind.Literal: WriteLiteral(node); break;
        }
    }

    /// <summary>The address of a function is written without what it takes.</summary>
    int WithoutParameters(Node node) => node.Text == "&" && node.A >= 0 && nodes[node.A].Kind == NodeKind.Encoding
        && nodes[nodes[node.A].A].Kind == NodeKind.Nested ? nodes[node.A].A : node.A;

    void InBrackets(char open, int node, char close)
    {
        _out.Append(open);
        Write(node);
        _out.Append(close);
    }

    /// <summary>Names and what has brackets already stand by themselves.</summary>
    void Operand(int number)
    {
        if (number < 0)
            return;
        if (nodes[number].Kind is NodeKind.Word or NodeKind.Nested or NodeKind.Initializer)
            Write(number);
        else
            InBrackets('(', number, ')');
    }

    void WriteLiteral(Node node)
    {
        var type = node.A >= 0 && nodes[node.A].Kind == NodeKind.Word ? nodes[node.A].Text : "";
        var digits = node.Text.StartsWith('n') ? string.Concat("-", node.Text.AsSpan(1)) : node.Text;
        switch (type)
        {
            case "int": _out.Append(digits); break;
            case "unsigned int": _out.Append(digits).Append('u'); break;
            case "long": _out.Append(digits).Append('l'); break;
            case "unsigned long": _out.Append(digits).Append("ul"); break;
            case "long long": _out.Append(digits).Append("ll"); break;
            case "unsigned long long": _out.Append(digits).Append("ull"); break;
            case "bool" when digits is "0" or "1": _out.Append(digits == "1" ? "true" : "false"); break;
            case "float" or "double" or "long double" or "__float128":
                InBrackets('(', node.A, ')');
                _out.Append('[').Append(digits).Append(']');
                break;
            case "decltype(nullptr)" when digits.Length == 0: _out.Append("nullptr"); break;
            default:
                InBrackets('(', node.A, ')');
                _out.Append(digits);
                break;
        }
    }
}
