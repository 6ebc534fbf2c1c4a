using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace VmAtlas.Capture.Linux.Tests;

/// <summary>Runs something as the user nobody: the kernel keeps credentials by thread, so one thread gives its own up and then ends.</summary>
static partial class OtherUser
{
    public const int Nobody = 65534;

    const int NewMounts = 0x20000;
    const ulong Recursive = 0x4000, Private = 1 << 18;

    /// <summary>Whether this process may become another user at all.</summary>
    public static bool IsPossible => Environment.IsPrivilegedProcess;

    public static void Run(Action action) => Run(() => { }, action);

    /// <summary>The same where /proc hides other users' processes: a mount that only this thread sees.</summary>
    /// <returns>False when the mount was refused.</returns>
    public static bool TryRunWithHiddenProcesses(Action action)
    {
        var mounted = false;
        Run(() => mounted = unshare(NewMounts) == 0 && mount("none", "/", "none", Recursive | Private, "") == 0
            && mount("proc", "/proc", "proc", 0, "hidepid=2") == 0, () =>
        {
            if (mounted)
                action();
        });
        return mounted;
    }

    static void Run(Action asRoot, Action action)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                asRoot();
                Become(Nobody);
                action();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    /// <summary>The raw calls: the C library's own functions would change every thread.</summary>
    static void Become(nint user)
    {
        var arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        var (setGroups, setResGid, setResUid) = arm ? (159, 149, 147) : (116, 119, 117);
        if (syscall(setGroups, 0, 0, 0) != 0 || syscall(setResGid, user, user, user) != 0 || syscall(setResUid, user, user, user) != 0)
            throw new InvalidOperationException($"could not become user {user}: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint a, nint b, nint c);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string type, ulong flags, string data);
}
