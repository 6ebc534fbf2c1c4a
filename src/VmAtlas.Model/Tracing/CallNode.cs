using System.Runtime.InteropServices;

namespace VmAtlas.Model;

/// <summary>A call in the tree of all stacks seen: this return address, called from <see cref="Parent"/>. Never changes once told.</summary>
/// <remarks>Ids begin at 1, are told in rising order, and a parent's id is smaller than its children's. Some ids are never told.</remarks>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct CallNode
{
    public CallNode(uint id, uint parent, ulong pc, int module, CallNodeKind kind = CallNodeKind.Call)
    {
        Pc = pc;
        Id = id;
        Parent = parent;
        Module = module;
        Kind = kind;
    }

    /// <summary>The return address: the call is the instruction before it, so symbols are looked up at Pc − 1. For <see cref="CallNodeKind.Interrupted"/>
    /// the instruction itself.</summary>
    public ulong Pc { get; }

    public uint Id { get; }

    /// <summary>The caller's node; 0 at the outermost frame.</summary>
    public uint Parent { get; }

    /// <summary>Index of the module the address lay in when the call was seen; -1 for code of no file (compiled at run time).</summary>
    public int Module { get; }

    public CallNodeKind Kind { get; }
}

public enum CallNodeKind
{
    Call,

    /// <summary>A frame a signal interrupted: the address is exact.</summary>
    Interrupted,

    /// <summary>The stack could not be followed further: this outermost frame has callers that are not known.</summary>
    Truncated,
}
