using System.Runtime.InteropServices;

namespace VmAtlas.Capture.Windows.Calls;

/// <summary>PSAPI_WORKING_SET_EX_INFORMATION: one page.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct WorkingSetPage
{
    public ulong Address;

    /// <summary>PSAPI_WORKING_SET_EX_BLOCK.</summary>
    public ulong Attributes;

    public readonly bool IsValid => (Attributes & 1) != 0;

    /// <summary>Processes that have the page in their working sets; the system counts to 7.</summary>
    public readonly int ShareCount => (int)(Attributes >> 1) & 7;

    /// <summary>It can be shared: it belongs to a section and was not copied on write.</summary>
    public readonly bool IsShareable => (Attributes & 1 << 15) != 0;

    public readonly bool IsLocked => (Attributes & 1 << 22) != 0;

    public readonly bool IsLarge => (Attributes & 1 << 23) != 0;
}
