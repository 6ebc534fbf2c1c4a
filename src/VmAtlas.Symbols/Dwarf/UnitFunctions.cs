namespace VmAtlas.Symbols.Dwarf;

/// <summary>The functions of a unit: an index of the outermost ones, and what was inlined into each where that is asked about.</summary>
sealed class UnitFunctions
{
    readonly FunctionWalk _walk;
    readonly FunctionTable _outermost;
    readonly Dictionary<int, FunctionTable> _bodies = [];
    FunctionTable? _all;

    public UnitFunctions(Unit unit)
    {
        _walk = new FunctionWalk(unit);
        _outermost = _walk.Outermost();
    }

    /// <summary>Bytes of the index in memory, about.</summary>
    public long Size => _outermost.Size;

    /// <summary>The table that knows the functions of an address; its innermost may be none.</summary>
    public FunctionTable At(ulong address)
    {
        var outer = _outermost.InnermostAt(address);
        // Functions inside of others that have code of their own (nested ones of GNU C, methods of local classes) are not in the index.
        if (outer < 0)
            return _all ??= _walk.All();
        var entry = _outermost[outer].Entry;
        if (!_bodies.TryGetValue(entry, out var body))
            _bodies.Add(entry, body = _walk.Body(entry));
        return body;
    }
}
