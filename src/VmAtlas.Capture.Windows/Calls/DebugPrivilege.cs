using System.Runtime.InteropServices;

namespace VmAtlas.Capture.Windows.Calls;

/// <summary>SeDebugPrivilege: to read processes of other users. Administrators hold it, but it is off until it is asked for.</summary>
static unsafe class DebugPrivilege
{
    const uint AdjustPrivileges = 0x20, Enabled = 2;

    static readonly Lazy<bool> s_isOn = new(TurnOn);

    /// <summary>Turns it on for this process, once; false where it is not held.</summary>
    public static bool TryUse() => s_isOn.Value;

    static bool TurnOn()
    {
        nint token;
        if (Native.OpenProcessToken(Native.CurrentProcess, AdjustPrivileges, &token) == 0)
            return false;
        // TOKEN_PRIVILEGES with one of them: how many 4, its LUID 8, its attributes 4.
        var one = stackalloc uint[4] { 1, 0, 0, Enabled };
        bool isOn;
        fixed (char* name = "SeDebugPrivilege")
        {
            // It says yes also when the privilege is not held: the error tells.
            isOn = Native.LookupPrivilegeValueW(0, name, one + 1) != 0 && Native.AdjustTokenPrivileges(token, 0, one, 0, null, null) != 0
                && Marshal.GetLastPInvokeError() == 0;
        }
        _ = Native.CloseHandle(token);
        return isOn;
    }
}
