using System.Runtime.InteropServices;

namespace VmAtlas.Capture.Clr.Helper.Interop;

/// <summary>advapi32, as its documentation spells it.</summary>
static unsafe partial class Advapi32
{
    [LibraryImport("advapi32", SetLastError = true)]
    public static partial int OpenProcessToken(nint process, uint access, nint* token);

    [LibraryImport("advapi32", SetLastError = true)]
    public static partial int GetTokenInformation(nint token, int kind, void* answer, uint length, uint* got);

    [LibraryImport("advapi32", SetLastError = true)]
    public static partial int SetTokenInformation(nint token, int kind, void* value, uint length);

    [LibraryImport("advapi32", SetLastError = true)]
    public static partial int AdjustTokenPrivileges(nint token, int disableAll, void* privileges, uint length, void* before, uint* got);

    /// <summary>SID_AND_ATTRIBUTES</summary>
    public struct SidAndAttributes
    {
        public byte* Sid;
        public uint Attributes;
    }
}
