using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VmAtlas.Capture.Windows.Calls;

/// <summary>The functions of Windows that are called. Structures are read from bytes: see <see cref="WindowsQuestion"/>.</summary>
static unsafe partial class Native
{
    public const uint ErrorAccessDenied = 5, ErrorInvalidParameter = 87, ErrorInsufficientBuffer = 122, ErrorPartialCopy = 299;

    public const uint ProcessQueryInformation = 0x400, ProcessVmRead = 0x10, ProcessQueryLimited = 0x1000, ProcessSetQuota = 0x100, Synchronize = 0x100000;

    public const uint ThreadQueryInformation = 0x40, ThreadQueryLimited = 0x800;

    public const uint SnapThread = 4;

    public const nint CurrentProcess = -1;

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial SafeProcessHandle OpenProcess(uint access, int inherit, uint pid);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial nint OpenThread(uint access, int inherit, uint tid);

    [LibraryImport("kernel32")]
    public static partial int CloseHandle(nint handle);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial nuint VirtualQueryEx(nint process, nuint address, void* answer, nuint length);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial int ReadProcessMemory(nint process, nuint address, void* into, nuint length, nuint* got);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial int K32QueryWorkingSetEx(nint process, void* pages, uint length);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial uint K32GetMappedFileNameW(nint process, nuint address, void* text, uint characters);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial int K32GetProcessMemoryInfo(nint process, void* counters, uint length);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial int K32EmptyWorkingSet(nint process);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial int QueryFullProcessImageNameW(nint process, uint flags, void* text, uint* characters);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial uint QueryDosDeviceW(char* device, void* text, uint characters);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial int GetComputerNameW(void* text, uint* characters);

    [LibraryImport("kernel32")]
    public static partial uint WaitForSingleObject(nint handle, uint milliseconds);

    [LibraryImport("kernel32")]
    public static partial void GetNativeSystemInfo(void* answer);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial int GlobalMemoryStatusEx(void* status);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial nint CreateToolhelp32Snapshot(uint what, uint pid);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial int Thread32First(nint snapshot, void* entry);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial int Thread32Next(nint snapshot, void* entry);

    [LibraryImport("ntdll")]
    public static partial uint NtQueryInformationProcess(nint process, uint kind, void* answer, uint length, uint* got);

    [LibraryImport("ntdll")]
    public static partial uint NtQueryInformationThread(nint thread, uint kind, void* answer, uint length, uint* got);

    [LibraryImport("ntdll")]
    public static partial uint NtQuerySystemInformation(uint kind, void* answer, uint length, uint* got);

    [LibraryImport("ntdll")]
    public static partial uint RtlGetVersion(void* version);

    [LibraryImport("advapi32", SetLastError = true)]
    public static partial int OpenProcessToken(nint process, uint access, nint* token);

    [LibraryImport("advapi32", SetLastError = true)]
    public static partial int LookupPrivilegeValueW(nint system, char* name, void* luid);

    [LibraryImport("advapi32", SetLastError = true)]
    public static partial int AdjustTokenPrivileges(nint token, int disableAll, void* privileges, uint length, void* before, uint* beforeLength);

    [LibraryImport("advapi32", SetLastError = true)]
    public static partial int GetTokenInformation(nint token, uint kind, void* answer, uint length, uint* got);

    [LibraryImport("advapi32", SetLastError = true)]
    public static partial int LookupAccountSidW(nint system, void* sid, void* name, uint* nameLength, void* domain, uint* domainLength, uint* use);
}
