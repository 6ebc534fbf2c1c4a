using System.Runtime.InteropServices;
using VmAtlas.Capture.Clr.Helper.Interop;

namespace VmAtlas.Capture.Clr.Helper.Sandbox;

/// <summary>Gives up every right that is not needed to compute: for good, and before anything of the target is looked at.</summary>
/// <remarks>
/// The DAC is native code that follows pointers in memory a stranger wrote. If it can be made to run what that stranger wants, it should find
/// itself in a process that owns nothing: another user, no capabilities (they go with the change of user), no network, no new
/// programs, no writing to files, no reading of other processes, and little memory and time.
/// </remarks>
static unsafe class Rights
{
    /// <summary>Users nobody is: no account, no file, no other process. The second is for namespaces that map few ids.</summary>
    static readonly uint[] s_nobodies = [0x7ffe_0000 + (uint)(Environment.ProcessId & 0xffff), 65534];

    const ulong MaxData = 3UL << 30;
    const ulong MaxSeconds = 300;

    /// <summary>Drops them and says what was dropped, for people.</summary>
    /// <exception cref="UnauthorizedAccessException">Nothing could be dropped although there is much to lose.</exception>
    public static string GiveUp()
    {
        Limit(Libc.RLIMIT_CORE, 0);
        Limit(Libc.RLIMIT_FSIZE, 0);
        Limit(Libc.RLIMIT_DATA, MaxData);
        Limit(Libc.RLIMIT_CPU, MaxSeconds);
        var wasRoot = Libc.geteuid() == 0;
        var user = wasRoot ? ChangeUser() : null;
        var filtered = Filter();
        if (wasRoot && user is null && !filtered)
            throw new UnauthorizedAccessException("the helper could not give up the rights of root");
        return (user, filtered) switch
        {
            ({ } id, true) => $"user {id}, system calls filtered",
            ({ } id, false) => $"user {id}",
            (null, true) => "system calls filtered",
            _ => "nothing to give up",
        };
    }

    static uint? ChangeUser()
    {
        if (Libc.setgroups(0, null) != 0)
            return null;
        foreach (var id in s_nobodies)
        {
            if (Libc.setresgid(id, id, id) == 0 && Libc.setresuid(id, id, id) == 0)
                return id;
        }
        return null;
    }

    /// <summary>seccomp(2) for all threads at once, which also rules out gaining rights by running a program (no_new_privs).</summary>
    static bool Filter()
    {
        _ = Libc.prctl(Libc.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        // A process that changed its user may not look at its own /proc/self/fd, by which the DAC is opened (see Program). Nobody else
        // has this user, so being traceable by it gives nothing away.
        _ = Libc.prctl(Libc.PR_SET_DUMPABLE, 1, 0, 0, 0);
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
            return false;
        const nint seccomp = 317;
        const nuint setModeFilter = 1, allThreads = 1;
        var program = SeccompFilter.ForX64((uint)Environment.ProcessId);
        fixed (SeccompFilter.Instruction* instructions = program)
        {
            var filter = new FilterProgram((ushort)program.Length, instructions);
            return Libc.syscall(seccomp, setModeFilter, allThreads, &filter) == 0;
        }
    }

    static void Limit(int resource, ulong value)
    {
        var limit = new Libc.Rlimit(value, value);
        _ = Libc.setrlimit(resource, &limit);
    }

    /// <summary>struct sock_fprog.</summary>
    readonly struct FilterProgram(ushort length, SeccompFilter.Instruction* instructions)
    {
        readonly ushort _length = length;
        readonly SeccompFilter.Instruction* _instructions = instructions;
    }
}
