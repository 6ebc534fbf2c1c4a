namespace VmAtlas.Model.Tracing;

/// <summary>All calls told of in a trace, by id: columns of parent, address and module.</summary>
public sealed class NodeTable
{
    /// <summary>Ids may be left out, but not so many that a few nodes would take a lot of memory: the target could choose them.</summary>
    const int SpareIds = 1 << 16, SpareFactor = 4;

    uint[] _parents = new uint[1024];
    ulong[] _pcs = new ulong[1024];
    int[] _modules = new int[1024];
    CallNodeKind[] _kinds = new CallNodeKind[1024];

    /// <summary>One more than the largest id told.</summary>
    public uint End { get; private set; } = 1;

    /// <summary>Nodes told.</summary>
    public int Count { get; private set; }

    /// <exception cref="InvalidDataException">An id out of order or out of all proportion, or a parent that does not come first.</exception>
    public void Add(in CallNode node)
    {
        if (node.Id < End || node.Parent >= node.Id || node.Id > (Count + 1L) * SpareFactor + SpareIds)
            throw new InvalidDataException($"call node {node.Id}, called from {node.Parent}, comes after {End - 1}");
        if (node.Id >= (uint)_pcs.Length)
            Grow(node.Id);
        (_parents[node.Id], _pcs[node.Id], _modules[node.Id], _kinds[node.Id]) = (node.Parent, node.Pc, node.Module, node.Kind);
        End = node.Id + 1;
        Count++;
    }

    /// <summary>Whether the id was told of.</summary>
    public bool Contains(uint id) => id != 0 && id < End && _pcs[id] != 0;

    /// <summary>The id, or 0 where it was not told of: a node that was lost, with a part of a damaged file, is none.</summary>
    public uint Known(uint id) => Contains(id) ? id : 0;

    public CallNode this[uint id] => new(id, _parents[id], _pcs[id], _modules[id], _kinds[id]);

    /// <summary>The caller's id; 0 at the outermost.</summary>
    public uint Parent(uint id) => _parents[id];

    /// <summary>The stack from the call itself to the outermost.</summary>
    public IEnumerable<uint> Stack(uint leaf)
    {
        for (var id = leaf; Contains(id); id = _parents[id])
            yield return id;
    }

    void Grow(uint id)
    {
        var size = (int)Math.Max(id + 1, _pcs.Length * 2L);
        Array.Resize(ref _parents, size);
        Array.Resize(ref _pcs, size);
        Array.Resize(ref _modules, size);
        Array.Resize(ref _kinds, size);
    }
}
