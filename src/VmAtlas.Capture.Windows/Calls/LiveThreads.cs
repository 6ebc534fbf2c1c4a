using System.Runtime.InteropServices;

namespace VmAtlas.Capture.Windows.Calls;

/// <summary>What the system says of threads.</summary>
static unsafe class LiveThreads
{
    public static int Ask(uint tid, uint kind, byte* into, int length, out uint error)
    {
        var thread = Native.OpenThread(Native.ThreadQueryInformation, 0, tid);
        if (thread == 0)
            thread = Native.OpenThread(Native.ThreadQueryLimited, 0, tid);
        if (thread == 0)
        {
            error = Math.Max(1, (uint)Marshal.GetLastPInvokeError());
            return 0;
        }
        uint got = 0;
        error = Native.NtQueryInformationThread(thread, kind, into, (uint)length, &got);
        _ = Native.CloseHandle(thread);
        return error == 0 ? (int)Math.Min(got, (uint)length) : 0;
    }

    /// <summary>Ids of a process's threads. The system lists those of all processes: THREADENTRY32 has the owner.</summary>
    public static int List(uint pid, byte* into, int length, out uint error)
    {
        const int EntrySize = 28, Tid = 8, Owner = 12;
        var snapshot = Native.CreateToolhelp32Snapshot(Native.SnapThread, 0);
        error = snapshot is 0 or -1 ? Math.Max(1, (uint)Marshal.GetLastPInvokeError()) : 0;
        if (error != 0)
            return 0;
        var count = 0;
        var entry = stackalloc byte[EntrySize];
        *(uint*)entry = EntrySize;
        for (var more = Native.Thread32First(snapshot, entry); more != 0 && (count + 1) * 4 <= length; more = Native.Thread32Next(snapshot, entry))
        {
            if (*(uint*)(entry + Owner) == pid)
                ((uint*)into)[count++] = *(uint*)(entry + Tid);
        }
        _ = Native.CloseHandle(snapshot);
        return count * 4;
    }
}
