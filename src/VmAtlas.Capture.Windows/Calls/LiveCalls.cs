using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Calls;

/// <summary>Asks the system itself. Not thread-safe.</summary>
sealed unsafe class LiveCalls : IWindowsCalls
{
    readonly SafeProcessHandle _process;
    readonly bool _isSelf;

    LiveCalls(int pid, SafeProcessHandle process) => (Pid, _process, _isSelf) = (pid, process, pid == Environment.ProcessId);

    public int Pid { get; }

    /// <summary>Whether the process could be opened for reading its memory; if not, only who it is can be asked.</summary>
    public bool MayRead { get; private init; }

    /// <exception cref="VmAtlasException"><see cref="Failure.NotFound"/>: there is none; <see cref="Failure.NotPermitted"/>: not even that may be known.</exception>
    public static LiveCalls Open(int pid)
    {
        const uint Limited = Native.ProcessQueryLimited | Native.Synchronize;
        if (OpenToRead(pid, Limited) is { } full)
            return new LiveCalls(pid, full) { MayRead = true };
        var limited = Native.OpenProcess(Limited, 0, (uint)pid);
        if (!limited.IsInvalid)
            return new LiveCalls(pid, limited);
        var error = (uint)Marshal.GetLastPInvokeError();
        limited.Dispose();
        throw error == Native.ErrorInvalidParameter
            ? new VmAtlasException(Failure.NotFound, $"there is no process {pid}")
            : WindowsErrors.Refused(pid, error);
    }

    /// <summary>Asks for the privilege to read other users' processes only when it takes that.</summary>
    static SafeProcessHandle? OpenToRead(int pid, uint limited)
    {
        const uint read = Native.ProcessQueryInformation | Native.ProcessVmRead;
        for (var again = false; ; again = true)
        {
            var process = Native.OpenProcess(limited | read, 0, (uint)pid);
            if (!process.IsInvalid)
                return process;
            var error = Marshal.GetLastPInvokeError();
            process.Dispose();
            if (again || error != (int)Native.ErrorAccessDenied || !DebugPrivilege.TryUse())
                return null;
        }
    }

    public int Ask(WindowsQuestion question, ulong argument, Span<byte> answer, out uint error)
    {
        fixed (byte* into = answer)
            return Ask(question, argument, into, answer.Length, out error);
    }

    public uint WorkingSet(Span<WorkingSetPage> pages)
    {
        fixed (WorkingSetPage* first = pages)
            return Error(Native.K32QueryWorkingSetEx(Handle, first, (uint)(pages.Length * sizeof(WorkingSetPage))) != 0);
    }

    public void Dispose() => _process.Dispose();

    /// <summary>The pseudo handle of this very process can do more than a real one (under Wine).</summary>
    nint Handle => _isSelf ? Native.CurrentProcess : _process.DangerousGetHandle();

    int Ask(WindowsQuestion question, ulong argument, byte* into, int length, out uint error)
    {
        var got = (uint)length;
        switch (question)
        {
            case WindowsQuestion.Memory:
                var queried = (int)Native.VirtualQueryEx(Handle, (nuint)argument, into, (nuint)length);
                error = Error(queried != 0);
                return queried;
            case WindowsQuestion.Bytes:
                nuint copied = 0;
                error = Error(Native.ReadProcessMemory(Handle, (nuint)argument, into, (nuint)length, &copied) != 0);
                return (int)copied;
            case WindowsQuestion.MappedName:
                got = Native.K32GetMappedFileNameW(Handle, (nuint)argument, into, (uint)length / 2) * 2;
                error = Error(got != 0);
                return (int)got;
            case WindowsQuestion.Process:
                error = Native.NtQueryInformationProcess(Handle, (uint)argument, into, (uint)length, &got);
                return error == 0 ? (int)Math.Min(got, (uint)length) : 0;
            case WindowsQuestion.Thread:
                return LiveThreads.Ask((uint)argument, (uint)(argument >> 32), into, length, out error);
            case WindowsQuestion.Threads:
                return LiveThreads.List((uint)Pid, into, length, out error);
            case WindowsQuestion.Counters:
                error = Error(Native.K32GetProcessMemoryInfo(Handle, into, (uint)length) != 0);
                return error == 0 ? length : 0;
            case WindowsQuestion.ImageName:
                got /= 2;
                error = Error(Native.QueryFullProcessImageNameW(Handle, 0, into, &got) != 0);
                return error == 0 ? (int)got * 2 : 0;
            case WindowsQuestion.Ended:
                *(int*)into = Native.WaitForSingleObject(Handle, 0) == 0 ? 1 : 0;
                error = 0;
                return 4;
            case WindowsQuestion.User:
                return AccountName.Of(Handle, into, length, out error);
            default:
                return LiveSystem.Ask(question, argument, into, length, out error);
        }
    }

    static uint Error(bool success) => success ? 0 : Math.Max(1, (uint)Marshal.GetLastPInvokeError());
}
