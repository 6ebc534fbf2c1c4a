using System.Collections;
using System.Runtime.InteropServices;
using System.Text;
using VmAtlas.Model;
using VmAtlas.Tracing.Interop;

namespace VmAtlas.Tracing.Launch;

/// <summary>Starts a program as a shell would: our own input, output and terminal, signals as they are by default. Not
/// <see cref="System.Diagnostics.Process"/>, which says an exit code and a signal by one number.</summary>
static unsafe partial class Spawn
{
    const short SetSignalDefaults = 0x04;
    const short SetSignalMask = 0x08;

    /// <param name="folder">Where it runs; our own when null.</param>
    /// <param name="noInput">It reads nothing, instead of what we would read.</param>
    /// <exception cref="VmAtlasException">There is no such program, or it can not be started.</exception>
    public static int Start(string file, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, string? folder = null, bool noInput = false)
    {
        const int ReadOnly = 0;
        if (folder is not null && !Directory.Exists(folder))
            throw new VmAtlasException(Failure.NotFound, $"there is no folder {folder}");
        if (folder is not null)
            file = Path.GetFullPath(file); // found from our own folder. Else as it is: a script's $0 is what is given here
        // posix_spawnattr_t, posix_spawn_file_actions_t and sigset_t of every C library are smaller.
        var attributes = stackalloc byte[1024];
        var actions = stackalloc byte[1024];
        var all = stackalloc ulong[16];
        var none = stackalloc ulong[16];
        new Span<ulong>(all, 16).Fill(ulong.MaxValue);
        new Span<ulong>(none, 16).Clear();
        _ = posix_spawnattr_init(attributes);
        _ = posix_spawnattr_setflags(attributes, SetSignalDefaults | SetSignalMask);
        _ = posix_spawnattr_setsigdefault(attributes, all);
        _ = posix_spawnattr_setsigmask(attributes, none);
        _ = posix_spawn_file_actions_init(actions);
        if (noInput)
            _ = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", ReadOnly, 0);
        if (folder is not null)
            _ = posix_spawn_file_actions_addchdir_np(actions, folder);
        var arguments = Texts(command);
        var variables = Texts([.. environment.Select(v => $"{v.Key}={v.Value}")]);
        try
        {
            int pid;
            var error = posix_spawn(&pid, file, actions, attributes, arguments, variables);
            return error == 0 ? pid : throw new VmAtlasException(error == 2 ? Failure.NotFound : Failure.NotPermitted,
                $"{file} can not be started: {Marshal.GetPInvokeErrorMessage(error)}");
        }
        finally
        {
            Free(arguments, command.Count);
            Free(variables, environment.Count);
            _ = posix_spawnattr_destroy(attributes);
            _ = posix_spawn_file_actions_destroy(actions);
        }
    }

    public static Dictionary<string, string> OwnEnvironment()
    {
        var variables = new Dictionary<string, string>();
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
            variables[(string)entry.Key] = (string?)entry.Value ?? "";
        return variables;
    }

    /// <summary>Waits until a child has ended.</summary>
    /// <returns>How, and the exit code or the signal.</returns>
    public static (TraceEnding Ending, int Value) Wait(int pid)
    {
        const int Interrupted = 4;
        AwaitEnd(pid);
        int status;
        while (Libc.waitpid(pid, &status, 0) != pid)
            if (Marshal.GetLastPInvokeError() != Interrupted)
                return (TraceEnding.Gone, 0);
        return (status & 0x7f) == 0 ? (TraceEnding.Exited, status >> 8 & 0xff) : (TraceEnding.Killed, status & 0x7f);
    }

    /// <summary>waitpid(2) would also take a stop of the child from whoever in this process attaches to it; by its descriptor (Linux 5.3) only its end is seen.</summary>
    static void AwaitEnd(int pid)
    {
        const nint PidfdOpen = 434;
        const int Interrupted = 4;
        var descriptor = (int)Libc.syscall(PidfdOpen, pid, 0);
        if (descriptor < 0)
            return;
        var ended = new Libc.PollFd { Descriptor = descriptor, Events = Libc.POLLIN };
        while (Libc.poll(&ended, 1, -1) < 0 && Marshal.GetLastPInvokeError() == Interrupted)
        {
        }
        _ = Libc.close(descriptor);
    }

    static byte** Texts(IReadOnlyList<string> texts)
    {
        var list = (byte**)NativeMemory.AllocZeroed((nuint)texts.Count + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < texts.Count; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(texts[i]);
            list[i] = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
            bytes.CopyTo(new Span<byte>(list[i], bytes.Length));
        }
        return list;
    }

    static void Free(byte** list, int count)
    {
        for (var i = 0; i < count; i++)
            NativeMemory.Free(list[i]);
        NativeMemory.Free(list);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(int* pid, string file, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(void* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addopen(void* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addchdir_np(void* actions, string path);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(void* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(void* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(void* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(void* attributes, ulong* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(void* attributes, ulong* signals);
}
