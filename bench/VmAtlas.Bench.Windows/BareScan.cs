using Microsoft.Win32.SafeHandles;
using VmAtlas.Capture.Windows.Calls;

namespace VmAtlas.Bench.Windows;

/// <summary>VirtualQueryEx from end to end and nothing else.</summary>
sealed unsafe class BareScan(int pid) : IDisposable
{
    readonly SafeProcessHandle _process = Native.OpenProcess(Native.ProcessQueryInformation, 0, (uint)pid);

    /// <returns>How many answers there were.</returns>
    public int Run()
    {
        var (count, at) = (0, 0UL);
        var answer = stackalloc ulong[6];
        while (at < 0x7FFFFFFF0000 && Native.VirtualQueryEx(_process.DangerousGetHandle(), (nuint)at, answer, 48) != 0)
        {
            at = answer[0] + answer[3];
            count++;
        }
        return count;
    }

    public void Dispose() => _process.Dispose();
}
