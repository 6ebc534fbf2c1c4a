namespace VmAtlas.Capture.Clr.Helper.Sandbox;

/// <summary>A seccomp filter (classic BPF) that allows the system calls a .NET process needs to think, and refuses all others.</summary>
/// <remarks>
/// Refused means EPERM, not death: a libc that tries something newer first goes on with its second choice. What can be
/// done with an allowed call is narrowed by its arguments: files can be opened for reading only, new threads can be made but no
/// new processes, signals reach this process only, and ioctl is not allowed at all (it could type into a terminal).
/// </remarks>
static class SeccompFilter
{
    const uint Allow = 0x7fff0000, Kill = 0x80000000, Errno = 0x00050000, EPERM = 1, ENOSYS = 38;
    const uint ArchX64 = 0xc000003e;

    // struct seccomp_data: number, architecture, instruction pointer, six arguments (low halves given here).
    const uint Number = 0, Architecture = 4, Argument0 = 16, Argument1 = 24, Argument2 = 32;

    // BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K, …: linux/bpf_common.h.
    const ushort Load = 0x20, JumpEqual = 0x15, JumpGreaterEqual = 0x35, JumpSet = 0x45, Return = 0x06;

    /// <summary>One instruction: struct sock_filter.</summary>
    public readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Value);

    /// <summary>x86-64 numbers (arch/x86/entry/syscalls/syscall_64.tbl) of calls that are harmless whatever their arguments.</summary>
    static readonly (uint Number, string Name)[] s_allowed =
    [
        (0, "read"), (1, "write"), (3, "close"), (4, "stat"), (5, "fstat"), (6, "lstat"), (7, "poll"), (8, "lseek"), (9, "mmap"),
        (10, "mprotect"), (11, "munmap"), (12, "brk"), (13, "rt_sigaction"), (14, "rt_sigprocmask"), (15, "rt_sigreturn"),
        (17, "pread64"), (19, "readv"), (20, "writev"), (21, "access"), (24, "sched_yield"), (25, "mremap"), (27, "mincore"),
        (28, "madvise"), (32, "dup"), (35, "nanosleep"), (39, "getpid"), (60, "exit"), (63, "uname"), (72, "fcntl"), (79, "getcwd"),
        (89, "readlink"), (96, "gettimeofday"), (97, "getrlimit"), (98, "getrusage"), (99, "sysinfo"), (102, "getuid"), (104, "getgid"),
        (107, "geteuid"), (108, "getegid"), (110, "getppid"), (124, "getsid"), (131, "sigaltstack"), (137, "statfs"), (138, "fstatfs"),
        (143, "sched_getparam"), (145, "sched_getscheduler"), (149, "mlock"), (186, "gettid"), (201, "time"), (202, "futex"),
        (203, "sched_setaffinity"), (204, "sched_getaffinity"), (217, "getdents64"), (218, "set_tid_address"),
        (228, "clock_gettime"), (229, "clock_getres"), (230, "clock_nanosleep"), (231, "exit_group"), (239, "get_mempolicy"),
        (262, "newfstatat"), (267, "readlinkat"), (269, "faccessat"), (271, "ppoll"), (273, "set_robust_list"), (290, "eventfd2"),
        (293, "pipe2"), (309, "getcpu"), (318, "getrandom"), (324, "membarrier"), (332, "statx"), (334, "rseq"), (439, "faccessat2"),
    ];

    /// <summary>The program, for the architecture it is made for.</summary>
    /// <param name="processId">Of this process, which alone may get signals.</param>
    public static Instruction[] ForX64(uint processId)
    {
        var program = new List<Instruction>
        {
            new(Load, 0, 0, Architecture),
            new(JumpEqual, 1, 0, ArchX64),
            new(Return, 0, 0, Kill),
            new(Load, 0, 0, Number),
            new(JumpGreaterEqual, 0, 1, 0x40000000), // the x32 calls
            new(Return, 0, 0, Errno | EPERM),
        };
        foreach (var (number, _) in s_allowed)
            Add(program, number, [new(Return, 0, 0, Allow)]);
        const uint writing = 0x1 | 0x2 | 0x40 | 0x200 | 0x400; // O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND
        Add(program, 2, If(JumpSet, Argument1, writing, Errno | EPERM, Allow)); // open
        Add(program, 257, If(JumpSet, Argument2, writing, Errno | EPERM, Allow)); // openat
        const uint thread = 0x10000; // CLONE_THREAD
        Add(program, 56, If(JumpSet, Argument0, thread, Allow, Errno | EPERM)); // clone
        Add(program, 435, [new(Return, 0, 0, Errno | ENOSYS)]); // clone3 has its flags in memory, where a filter can not look
        Add(program, 234, If(JumpEqual, Argument0, processId, Allow, Errno | EPERM)); // tgkill
        const uint setName = 15;
        Add(program, 157, If(JumpEqual, Argument0, setName, Allow, Errno | EPERM)); // prctl
        Add(program, 302, If(JumpEqual, Argument2, 0, Allow, Errno | EPERM)); // prlimit64, to ask only
        program.Add(new(Return, 0, 0, Errno | EPERM));
        return [.. program];
    }

    /// <summary>The instructions run for one system call; each such group returns.</summary>
    static void Add(List<Instruction> program, uint number, Instruction[] then)
    {
        program.Add(new(JumpEqual, 0, (byte)then.Length, number));
        program.AddRange(then);
    }

    static Instruction[] If(ushort jump, uint argument, uint value, uint then, uint otherwise) =>
        [new(Load, 0, 0, argument), new(jump, 0, 1, value), new(Return, 0, 0, then), new(Return, 0, 0, otherwise)];
}
