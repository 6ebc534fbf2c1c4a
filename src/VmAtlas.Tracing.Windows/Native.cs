using System.Runtime.InteropServices;

namespace VmAtlas.Tracing.Windows;

/// <summary>The functions of kernel32 that start a program.</summary>
static unsafe partial class Native
{
    public const uint CreateSuspended = 4;

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial int CreateProcessW(
        nint application, char* line, nint process, nint thread, int inherit, uint flags, nint environment, nint folder, StartupInfo* startup, ProcessInformation* made);

    [LibraryImport("kernel32")]
    public static partial uint ResumeThread(nint thread);

    [LibraryImport("kernel32")]
    public static partial uint WaitForSingleObject(nint handle, uint milliseconds);

    [LibraryImport("kernel32")]
    public static partial int GetExitCodeProcess(nint process, uint* code);

    [LibraryImport("kernel32")]
    public static partial int TerminateProcess(nint process, uint code);

    [LibraryImport("kernel32")]
    public static partial int CloseHandle(nint handle);

    /// <summary>STARTUPINFOW, of which only the size is said: its other 100 bytes stay zero.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 104)]
    public struct StartupInfo
    {
        public uint Size;
    }

    /// <summary>PROCESS_INFORMATION</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ProcessInformation
    {
        public nint Process, Thread;
        public uint ProcessId, ThreadId;
    }
}
