namespace VmAtlas.Symbols;

/// <summary>What the addresses of a stack are.</summary>
public enum AddressKind
{
    /// <summary>The instruction itself: a program counter, or the frame above a signal's.</summary>
    Exact,

    /// <summary>Where a call returns to: the call is one byte earlier, and can be of another line or function.</summary>
    Return,
}
