namespace VmAtlas.Tracing.Attach;

/// <summary>How a frame's caller is found from its registers. Offsets in bytes.</summary>
/// <param name="Base">What the CFA (the stack pointer before the call) is counted from.</param>
/// <param name="ReturnAddress">Where the return address lies, from the CFA.</param>
/// <param name="SavedFramePointer">Where the caller's frame pointer was saved; null where it is still in its register.</param>
/// <param name="SavedByFramePointer">That is counted from the frame pointer, not the CFA.</param>
readonly record struct UnwindRule(CfaBase Base, long Cfa, long ReturnAddress, long? SavedFramePointer, bool SavedByFramePointer);

enum CfaBase : byte
{
    StackPointer,
    FramePointer,

    /// <summary>The CFA itself was saved there, by the frame pointer: a realigned stack.</summary>
    AtFramePointer,

    /// <summary>Nobody called: the outermost frame.</summary>
    None,

    /// <summary>A signal handler returns there.</summary>
    Signal,
}
