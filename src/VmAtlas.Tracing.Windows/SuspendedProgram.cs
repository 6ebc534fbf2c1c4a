using System.Runtime.InteropServices;
using System.Text;
using VmAtlas.Model;

namespace VmAtlas.Tracing.Windows;

/// <summary>A program with our own input, output and console that has not run yet: CREATE_SUSPENDED.</summary>
public sealed unsafe class SuspendedProgram : IDisposable
{
    const uint Infinite = uint.MaxValue, NeverRan = 1;
    const int FileNotFound = 2, PathNotFound = 3, AccessDenied = 5, BadExeFormat = 193, NeedsElevation = 740;

    readonly nint _process, _thread;
    bool _runs;

    SuspendedProgram(nint process, nint thread, int pid) => (_process, _thread, Pid) = (process, thread, pid);

    public int Pid { get; }

    /// <exception cref="VmAtlasException">There is no such program, or it can not be started.</exception>
    public static SuspendedProgram Create(IReadOnlyList<string> command)
    {
        var line = CommandLine(command).ToCharArray().Append('\0').ToArray(); // CreateProcessW may write to it
        var startup = new Native.StartupInfo { Size = (uint)sizeof(Native.StartupInfo) };
        Native.ProcessInformation made;
        int created;
        fixed (char* text = line)
            created = Native.CreateProcessW(0, text, 0, 0, inherit: 1, Native.CreateSuspended, 0, 0, &startup, &made);
        if (created == 0)
            throw NotStarted(command[0], Marshal.GetLastPInvokeError());
        return new SuspendedProgram(made.Process, made.Thread, (int)made.ProcessId);
    }

    public void Run()
    {
        _runs = true;
        _ = Native.ResumeThread(_thread);
    }

    /// <returns>Its exit code.</returns>
    public int Wait()
    {
        _ = Native.WaitForSingleObject(_process, Infinite);
        uint code;
        _ = Native.GetExitCodeProcess(_process, &code);
        return unchecked((int)code);
    }

    /// <summary>What never ran is taken away again.</summary>
    public void Dispose()
    {
        if (!_runs)
            _ = Native.TerminateProcess(_process, NeverRan);
        _ = Native.CloseHandle(_thread);
        _ = Native.CloseHandle(_process);
    }

    /// <summary>The arguments in one line, as CommandLineToArgvW and Microsoft's C library take it apart again.</summary>
    public static string CommandLine(IReadOnlyList<string> arguments)
    {
        var line = new StringBuilder();
        foreach (var argument in arguments)
        {
            if (line.Length > 0)
                line.Append(' ');
            Append(line, argument);
        }
        return line.ToString();
    }

    /// <summary>Backslashes stand for themselves, except before a quotation mark: there each takes another.</summary>
    static void Append(StringBuilder line, string argument)
    {
        if (argument.Length > 0 && argument.AsSpan().IndexOfAny(" \t\n\v\"") < 0)
        {
            line.Append(argument);
            return;
        }
        line.Append('"');
        var backslashes = 0;
        foreach (var c in argument)
        {
            if (c == '"')
                line.Append('\\', backslashes + 1);
            backslashes = c == '\\' ? backslashes + 1 : 0;
            line.Append(c);
        }
        line.Append('\\', backslashes).Append('"');
    }

    static VmAtlasException NotStarted(string program, int error) => error switch
    {
        FileNotFound or PathNotFound => new(Failure.NotFound, $"there is no program '{program}': give its path, or add its folder to PATH"),
        AccessDenied or NeedsElevation => new(Failure.NotPermitted, $"'{program}' may not be started: run vmatlas as administrator"),
        BadExeFormat => new(Failure.Usage, $"'{program}' is no program for this system"),
        _ => new(Failure.General, $"'{program}' can not be started: Windows says error {error}"),
    };
}
