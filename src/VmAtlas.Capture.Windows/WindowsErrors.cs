using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows;

/// <summary>What the system's errors mean to a user.</summary>
static class WindowsErrors
{
    public static VmAtlasException Refused(int pid, uint error) => error == Native.ErrorAccessDenied
        ? new(Failure.NotPermitted, $"process {pid} may not be read: it is another user's, for which vmatlas has to run as administrator, or a protected process (antivirus, csrss), which lets nobody read it")
        : new(Failure.General, $"process {pid} can not be read: Windows says {Text(error)}");

    public static VmAtlasException Ended(int pid) => new(Failure.TargetEnded, $"process {pid} ended while it was read");

    public static string Text(uint error) => error >= 0xC0000000 ? $"NTSTATUS {error:X8}" : $"error {error}";
}
