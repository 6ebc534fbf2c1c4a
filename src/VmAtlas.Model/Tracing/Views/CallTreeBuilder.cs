using System.Runtime.InteropServices;

namespace VmAtlas.Model.Tracing;

/// <summary>Merges the stacks of call sites into a tree of functions.</summary>
public sealed class CallTreeBuilder
{
    readonly CallTreeShape _shape;
    readonly NodeTable _nodes;
    readonly NodeFrames _frames;
    readonly ThreadNames _threads;
    readonly List<int> _parents = [-1], _labels = [0];
    readonly List<SiteFigures> _own = [new SiteFigures()];
    readonly List<CallTreeLabel> _names = [new CallTreeLabel("", "", 0)];
    readonly Dictionary<CallTreeLabel, int> _numbers = [];
    readonly Dictionary<(int Parent, int Label), int> _rows = [];
    readonly Dictionary<(int Root, uint Node), int> _rowOfNode = [];
    readonly List<int> _labelOfFrame = [];

    CallTreeBuilder(CallTreeShape shape, NodeTable nodes, NodeFrames frames, ThreadNames threads) =>
        (_shape, _nodes, _frames, _threads) = (shape, nodes, frames, threads);

    /// <param name="sites">The store's blocks or its mappings.</param>
    /// <param name="wanted">Leaves out the sites and parts of sites that it says no to; all are in when it is null.</param>
    public static CallTree Build(
        CallTreeShape shape, TraceStore store, SiteTable sites, NodeFrames frames, Func<SiteFigures, bool>? wanted = null)
    {
        var builder = new CallTreeBuilder(shape, store.CallNodes, frames, store.Threads);
        for (var row = 0; row < sites.Count; row++)
        {
            if (shape == CallTreeShape.ByThread)
            {
                foreach (var (thread, figures) in sites.ByThread(row))
                    builder.Add(builder.ThreadRow(thread), sites.Site(row), figures, wanted);
            }
            else
            {
                builder.Add(0, sites.Site(row), sites[row], wanted);
            }
        }
        return new CallTree(shape, builder._parents, builder._labels, builder._own, builder._names);
    }

    void Add(int root, uint site, SiteFigures figures, Func<SiteFigures, bool>? wanted)
    {
        if (wanted is null || wanted(figures))
            _own[_shape == CallTreeShape.BottomUp ? AddUpwards(site) : RowOf(root, site)] += figures;
    }

    /// <summary>The row of the outermost-first path to a node. Each node is walked once: its callers' row is known then.</summary>
    int RowOf(int root, uint node)
    {
        var (path, row) = (new Stack<uint>(), root);
        for (var id = node; _nodes.Contains(id); id = _nodes.Parent(id))
        {
            if (_rowOfNode.TryGetValue((root, id), out var known))
            {
                row = known;
                break;
            }
            path.Push(id);
        }
        while (path.TryPop(out var id))
        {
            var frames = _frames[id];
            for (var i = frames.Length - 1; i >= 0; i--)
                row = Below(row, LabelOf(frames[i]));
            _rowOfNode[(root, id)] = row;
        }
        return row;
    }

    int AddUpwards(uint site)
    {
        var row = 0;
        foreach (var node in _nodes.Stack(site))
        {
            foreach (var frame in _frames[node])
                row = Below(row, LabelOf(frame));
        }
        return row;
    }

    int ThreadRow(int thread) => Below(0, Intern(new CallTreeLabel(_threads[thread].Name, "", _threads[thread].Tid)));

    int Below(int parent, int label)
    {
        if (_shape == CallTreeShape.ByModule && parent > 0 && _labels[parent] == label)
            return parent;
        ref var row = ref CollectionsMarshal.GetValueRefOrAddDefault(_rows, (parent, label), out var known);
        if (known)
            return row;
        row = _parents.Count;
        _parents.Add(parent);
        _labels.Add(label);
        _own.Add(new SiteFigures());
        return row;
    }

    int LabelOf(int frame)
    {
        while (_labelOfFrame.Count <= frame)
            _labelOfFrame.Add(-1);
        if (_labelOfFrame[frame] < 0)
            _labelOfFrame[frame] = Intern(Label(_frames.Frame(frame)));
        return _labelOfFrame[frame];
    }

    CallTreeLabel Label(StackFrame frame)
    {
        var module = _frames.Texts[frame.Module];
        return _shape == CallTreeShape.ByModule
            ? new CallTreeLabel(module.Length > 0 ? module : "code of no file", module, 0)
            : new CallTreeLabel(_frames.Texts[frame.Function], module, 0);
    }

    int Intern(CallTreeLabel label)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, label, out var known);
        if (!known)
        {
            number = _names.Count;
            _names.Add(label);
        }
        return number;
    }
}
