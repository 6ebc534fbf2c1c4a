using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VmAtlas.Capture.Clr.Helper.Interop;

/// <summary>kernel32, as its documentation spells it.</summary>
static unsafe partial class Kernel32
{
    public const nint CurrentProcess = -1;

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial int SetProcessMitigationPolicy(int policy, void* value, nuint length);

    [LibraryImport("kernel32")]
    public static partial int CloseHandle(nint handle);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial SafeProcessHandle OpenProcess(uint access, int inherit, uint pid);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial int ReadProcessMemory(SafeProcessHandle process, nuint address, void* into, nuint length, nuint* got);
}
