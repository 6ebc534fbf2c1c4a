using System.Globalization;
using System.Runtime.InteropServices;
using VmAtlas.Model;
using VmAtlas.Tracing.Interop;
using VmAtlas.Tracing.Session;

namespace VmAtlas.Tracing.Attach;

/// <summary>Loads the agent into a running process, and makes it let go. One thread of the target is stopped for some milliseconds.</summary>
/// <remarks>The agent comes from a memory file made inside the target, so that its file system (a container's, read-only) does not matter.</remarks>
static class Injector
{
    /// <summary>The number goes with the layout of the session: an agent of another one is left alone and a second is loaded beside it.</summary>
    public const string AgentName = "vmatlas-agent-1";

    const ulong MemfdCreate = 319;
    const ulong CloseCall = 3;
    const ulong CloseOnExec = 1;

    /// <summary>How long the thread stood still.</summary>
    public static (SharedFile File, TimeSpan Stopped) Attach(int pid, TraceOptions options, Ticks ticks) => OnOwnThread(() =>
    {
        var image = File.ReadAllBytes(options.Agent ?? AgentFile.Path);
        using var memory = new RemoteMemory(pid);
        var libraries = new TargetLibraries(pid, memory);
        if (libraries.IsLaunched)
            throw new VmAtlasException(Failure.Usage, $"process {pid} was started under a trace and can not get a second one");
        var thread = new SafeThread(pid, memory, libraries).Stop();
        SharedFile? file = null;
        try
        {
            using (thread)
            {
                if (libraries.Agent is null)
                    Load(pid, thread, libraries, image);
                var descriptor = Check(pid, thread.CallWithText(libraries.Syscall, MemfdCreate, "vmatlas-trace", CloseOnExec));
                file = Open(pid, descriptor);
                file.Root.SampleInterval = options.SampleInterval;
                file.Root.Flags = LaunchedTrace.FlagsOf(options, ticks) | SessionFlags.Attached;
                var result = thread.Call(Find(pid, memory, "vmatlas_attach"), [descriptor]);
                if ((uint)result != 0)
                    throw new VmAtlasException(Failure.General, (uint)result == 1 ? $"process {pid} is traced already" : $"the agent in process {pid} could not begin ({(uint)result})");
            }
            return (file, thread.Elapsed);
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    });

    /// <summary>Takes every hook out again. The agent stays loaded, asleep: a thread may be inside it.</summary>
    public static TimeSpan Detach(int pid) => OnOwnThread(() =>
    {
        using var memory = new RemoteMemory(pid);
        var libraries = new TargetLibraries(pid, memory);
        var function = Find(pid, memory, "vmatlas_detach");
        var thread = new SafeThread(pid, memory, libraries).Stop();
        using (thread)
            _ = thread.Call(function, []);
        return thread.Elapsed;
    });

    static void Load(int pid, StoppedThread thread, TargetLibraries libraries, byte[] image)
    {
        var descriptor = Check(pid, thread.CallWithText(libraries.Syscall, MemfdCreate, AgentName, CloseOnExec));
        using (var file = File.OpenHandle(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd/{descriptor}"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            RandomAccess.Write(file, image, 0);
        var handle = thread.CallWithText(libraries.Dlopen, null, string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}"), libraries.DlopenFlags);
        _ = thread.Call(libraries.Syscall, [CloseCall, descriptor]);
        if (handle == 0)
            throw new VmAtlasException(Failure.General, $"the loader of process {pid} refused the agent (no /proc in its container, or a policy against code in memory files)");
    }

    static ulong Find(int pid, RemoteMemory memory, string function)
    {
        var agent = RemoteModule.Of(pid).LastOrDefault(m => m.Path.StartsWith($"/memfd:{AgentName}", StringComparison.Ordinal));
        return agent?.Functions(memory, function).TryGetValue(function, out var found) == true
            ? found.Address
            : throw new VmAtlasException(Failure.General, $"the agent is not to be found in process {pid}");
    }

    static SharedFile Open(int pid, ulong descriptor)
    {
        var fd = Libc.open(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd/{descriptor}"), Libc.O_RDWR | Libc.O_CLOEXEC);
        return fd >= 0 ? SharedFile.Of(fd, isNew: true)
            : throw new VmAtlasException(Failure.NotPermitted, $"the memory file in process {pid} can not be opened: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>The descriptor of a memory file that the target was to make.</summary>
    static ulong Check(int pid, ulong result) => result <= int.MaxValue ? result
        : throw new VmAtlasException(Failure.NotPermitted,
            $"process {pid} may not make a memory file: its system calls are limited (seccomp); start it with vmatlas trace -- instead");

    /// <summary>ptrace belongs to one thread of the system, and a task may move.</summary>
    static T OnOwnThread<T>(Func<T> work)
    {
        T result = default!;
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = work();
            }
            catch (Exception e)
            {
                failure = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e);
            }
        }) { Name = "injector" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }
}
