namespace VmAtlas.Model.Tracing;

/// <summary>Which way a call tree grows.</summary>
public enum CallTreeShape
{
    /// <summary>From the outermost callers to those that asked for memory.</summary>
    TopDown,

    /// <summary>From those that asked for memory to their callers.</summary>
    BottomUp,

    /// <summary>As <see cref="TopDown"/>, with runs of calls within one module as one.</summary>
    ByModule,

    /// <summary>As <see cref="TopDown"/>, each thread by itself. The figures at the peak are not known by thread.</summary>
    ByThread,
}

/// <summary>Call sites merged into a tree, as columns: each row is a function (module, thread) below its parent's row, which comes before it. Row 0 is the
/// whole trace.</summary>
public sealed class CallTree
{
    readonly List<int> _parents, _labels;
    readonly List<SiteFigures> _own, _all;
    readonly IReadOnlyList<CallTreeLabel> _names;
    readonly int[] _firstChild, _nextSibling;

    internal CallTree(CallTreeShape shape, List<int> parents, List<int> labels, List<SiteFigures> own, IReadOnlyList<CallTreeLabel> names)
    {
        (Shape, _parents, _labels, _own, _names) = (shape, parents, labels, own, names);
        _all = [.. own];
        (_firstChild, _nextSibling) = (new int[Count], new int[Count]);
        for (var row = Count - 1; row > 0; row--)
        {
            _all[parents[row]] += _all[row];
            _nextSibling[row] = _firstChild[parents[row]];
            _firstChild[parents[row]] = row;
        }
    }

    public CallTreeShape Shape { get; }

    public int Count => _parents.Count;

    /// <summary>−1 for row 0.</summary>
    public int Parent(int row) => _parents[row];

    public CallTreeLabel Label(int row) => _names[_labels[row]];

    /// <summary>Of the row and all below it.</summary>
    public SiteFigures Figures(int row) => _all[row];

    /// <summary>Of stacks that end in this row.</summary>
    public SiteFigures OwnFigures(int row) => _own[row];

    /// <summary>Rows below this one, in no order of weight.</summary>
    public IEnumerable<int> Children(int row)
    {
        for (var child = _firstChild[row]; child != 0; child = _nextSibling[child])
            yield return child;
    }
}

/// <summary>What a row of a call tree is called.</summary>
/// <param name="Text">A function, a module's path, or a thread's name.</param>
/// <param name="Module">Path of the function's module; empty where it has none.</param>
/// <param name="Tid">Of a thread; 0 otherwise.</param>
public readonly record struct CallTreeLabel(string Text, string Module, int Tid);
