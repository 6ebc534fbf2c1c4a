using VmAtlas.Model;

namespace VmAtlas.Tracing.Session;

/// <summary>The calls an agent has seen. They lie in the shared file; each is told once.</summary>
sealed unsafe class NodeTable(SharedFile file, long sessionAt)
{
    readonly CallNode[] _batch = new CallNode[1024];
    NodeRecord* _chunk;
    uint _mapped = uint.MaxValue;
    uint _told = 1;

    public void Tell(uint count, ModuleLog modules, ITraceSink sink)
    {
        count = Math.Min(count, SessionLayout.NodesPerChunk * (uint)SessionLayout.MaxChunks);
        while (_told < count)
        {
            var filled = 0;
            for (; filled < _batch.Length && _told < count; _told++)
            {
                ref var node = ref At(_told);
                // A parent that comes later would make a ring of the tree.
                var parent = node.Parent < _told ? node.Parent : 0;
                var kind = node.Kind <= (uint)CallNodeKind.Truncated ? (CallNodeKind)node.Kind : CallNodeKind.Call;
                var pc = node.Pc;
                _batch[filled++] = new CallNode(_told, parent, pc, modules.IndexOf(kind == CallNodeKind.Interrupted || pc == 0 ? pc : pc - 1), kind);
            }
            sink.Nodes(_batch.AsSpan(0, filled));
        }
    }

    ref NodeRecord At(uint id)
    {
        var chunk = id / SessionLayout.NodesPerChunk;
        if (chunk != _mapped)
        {
            const int Size = SessionLayout.NodesPerChunk * SessionLayout.NodeSize;
            if (_chunk != null)
                file.Unmap((byte*)_chunk, Size);
            _chunk = (NodeRecord*)file.Map(sessionAt + SessionLayout.NodesAt + (long)chunk * Size, Size);
            _mapped = chunk;
        }
        return ref _chunk[id % SessionLayout.NodesPerChunk];
    }
}
