using VmAtlas.Model;

namespace VmAtlas.Tracing.Attach;

/// <summary>The C library, loader and allocators of a target: what can be called in it, and where a thread must not be when it is.</summary>
sealed class TargetLibraries
{
    static readonly string[] s_delicate =
    [
        "malloc", "free", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign", "malloc_trim", "fork", "vfork", "pthread_create",
        "dlopen", "dlclose", "dlsym", "dl_iterate_phdr", "exit",
    ];

    readonly List<(ulong Start, ulong End)> _delicate = [];
    readonly List<RemoteModule> _wholly = [];
    readonly RemoteModule _libc;

    /// <exception cref="VmAtlasException">The target has no C library that an agent can be loaded through.</exception>
    public TargetLibraries(int pid, RemoteMemory memory)
    {
        var modules = RemoteModule.Of(pid);
        Modules = modules;
        _libc = modules.FirstOrDefault(m => IsLibc(m.Name))
            ?? throw new VmAtlasException(Failure.Usage, $"process {pid} uses no C library, so its allocations can not be traced; its memory map can still be shown");
        var functions = _libc.Functions(memory, [.. s_delicate, "syscall", "__libc_dlopen_mode"]);
        foreach (var name in s_delicate)
            if (functions.TryGetValue(name, out var f))
                _delicate.Add((f.Address, f.Address + Math.Max(f.Size, 16)));
        var older = modules.FirstOrDefault(m => m.Name.StartsWith("libdl", StringComparison.Ordinal))?.Functions(memory, "dlopen");
        Syscall = functions.GetValueOrDefault("syscall").Address;
        (Dlopen, DlopenFlags) = functions.TryGetValue("dlopen", out var d) ? (d.Address, 2UL)
            : older?.TryGetValue("dlopen", out d) == true ? (d.Address, 2UL)
            : (functions.GetValueOrDefault("__libc_dlopen_mode").Address, 0x80000002UL);
        if (Syscall == 0 || Dlopen == 0)
            throw new VmAtlasException(Failure.Usage, $"the C library of process {pid} ({_libc.Path}) offers no way to load an agent");
        // musl's loader and C library are one file, so there only its functions count.
        _wholly.AddRange(modules.Where(m => m != _libc && IsLoaderOrAllocator(m.Name)));
        Agent = modules.LastOrDefault(m => m.Path.StartsWith($"/memfd:{Injector.AgentName}", StringComparison.Ordinal));
        if (Agent is not null)
            _wholly.Add(Agent);
        IsLaunched = modules.Any(m => m.Name == AgentFile.Name);
    }

    public IReadOnlyList<RemoteModule> Modules { get; }

    public ulong Syscall { get; }

    public ulong Dlopen { get; }

    /// <summary>RTLD_NOW; for glibc's inner function also the bit that marks callers like us.</summary>
    public ulong DlopenFlags { get; }

    /// <summary>The agent, when it was attached before.</summary>
    public RemoteModule? Agent { get; }

    /// <summary>The program was started under a trace.</summary>
    public bool IsLaunched { get; }

    public bool IsInLibc(ulong address) => _libc.Contains(address);

    public bool IsDelicate(ulong address)
    {
        foreach (var (start, end) in _delicate)
            if (address >= start && address < end)
                return true;
        foreach (var module in _wholly)
            if (module.Contains(address))
                return true;
        return false;
    }

    static bool IsLibc(string name) =>
        name.StartsWith("libc.so", StringComparison.Ordinal) || name.StartsWith("libc-2", StringComparison.Ordinal)
        || name.StartsWith("ld-musl", StringComparison.Ordinal) || name.StartsWith("libc.musl", StringComparison.Ordinal);

    static bool IsLoaderOrAllocator(string name) =>
        name.StartsWith("ld-", StringComparison.Ordinal) || name.StartsWith("libjemalloc", StringComparison.Ordinal)
        || name.StartsWith("libtcmalloc", StringComparison.Ordinal) || name.StartsWith("libmimalloc", StringComparison.Ordinal);
}
