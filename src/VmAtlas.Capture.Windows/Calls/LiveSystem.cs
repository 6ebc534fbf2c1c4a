using System.Runtime.InteropServices;

namespace VmAtlas.Capture.Windows.Calls;

/// <summary>What the system says of itself.</summary>
static unsafe class LiveSystem
{
    public static int Ask(WindowsQuestion question, ulong argument, byte* into, int length, out uint error)
    {
        var characters = (uint)length / 2;
        switch (question)
        {
            case WindowsQuestion.System when length >= 48:
                error = 0;
                return Describe(into);
            case WindowsQuestion.Host:
                error = Native.GetComputerNameW(into, &characters) != 0 ? 0 : Error();
                return error == 0 ? (int)characters * 2 : 0;
            case WindowsQuestion.Drive:
                var device = stackalloc char[] { (char)argument, ':', '\0' };
                characters = Native.QueryDosDeviceW(device, into, characters);
                error = characters != 0 ? 0 : Error();
                return (int)characters * 2;
            default:
                error = Native.ErrorInvalidParameter;
                return 0;
        }
    }

    /// <summary>OSVERSIONINFOW, SYSTEM_INFO and MEMORYSTATUSEX, as much of them as is used.</summary>
    static int Describe(byte* into)
    {
        var version = stackalloc byte[276];
        *(uint*)version = 276;
        _ = Native.RtlGetVersion(version);
        var system = stackalloc byte[48];
        Native.GetNativeSystemInfo(system);
        var memory = stackalloc byte[64];
        *(uint*)memory = 64;
        var known = Native.GlobalMemoryStatusEx(memory) != 0;
        var numbers = (uint*)into;
        var words = (ulong*)(into + 24);
        (numbers[0], numbers[1], numbers[2]) = (*(uint*)(version + 4), *(uint*)(version + 8), *(uint*)(version + 12));
        (numbers[3], numbers[4], numbers[5]) = (*(ushort*)system, *(uint*)(system + 4), *(uint*)(system + 40));
        (words[0], words[1], words[2]) = (*(ulong*)(system + 8), *(ulong*)(system + 16), known ? *(ulong*)(memory + 8) : 0);
        return 48;
    }

    static uint Error() => Math.Max(1, (uint)Marshal.GetLastPInvokeError());
}
