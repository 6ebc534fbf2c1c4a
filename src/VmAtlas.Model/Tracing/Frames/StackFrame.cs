namespace VmAtlas.Model.Tracing;

/// <summary>One function that a call is in. Texts are numbers in <see cref="NodeFrames.Texts"/>.</summary>
/// <param name="Function">Its name, demangled; "module+0x1234" where it has none.</param>
/// <param name="Module">The path of its module; 0 for code of no file.</param>
/// <param name="File">The source file; 0 when it is not known.</param>
/// <param name="Line">From 1 on; 0 when it is not known.</param>
/// <param name="IsInlined">Has no code of its own here: the next frame is the one it was inlined into.</param>
public readonly record struct StackFrame(int Function, int Module, int File, int Line, bool IsInlined);
