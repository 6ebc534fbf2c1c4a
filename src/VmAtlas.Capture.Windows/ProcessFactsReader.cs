using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows;

/// <summary>Who a process is.</summary>
static class ProcessFactsReader
{
    const uint Times = 4;

    /// <param name="architecture">The system's, which a dump has of its process.</param>
    public static ProcessFacts Read(IWindowsCalls calls, ProcessEnvironment environment, string? architecture)
    {
        var executable = calls.AskText(WindowsQuestion.ImageName);
        var threads = environment.ThreadIds().Length;
        return new ProcessFacts
        {
            Pid = calls.Pid,
            Name = executable is null ? "" : FileName(executable),
            Executable = executable,
            Command = environment.CommandLine,
            User = calls.AskText(WindowsQuestion.User),
            ParentPid = environment.ParentPid,
            StartedAt = StartOf(calls),
            Threads = threads > 0 ? threads : null,
            Architecture = environment.Blocks.Count == 0 ? (calls.SavedPieces is null ? null : architecture) : environment.IsWow64 ? "x86" : "x86-64",
        };
    }

    /// <summary>A path of Windows may be looked at on a system whose separators are others.</summary>
    public static string FileName(string path) => path[(path.LastIndexOf('\\') + 1)..];

    static DateTimeOffset? StartOf(IWindowsCalls calls)
    {
        ReadOnlySpan<byte> times = calls.AskAll(WindowsQuestion.Process, Times, 32);
        return times.IsEmpty ? null : FileTime(times.U64(0));
    }

    /// <summary>Intervals of 100 ns since 1601; null for none, or a time that can be none.</summary>
    public static DateTimeOffset? FileTime(ulong ticks) =>
        ticks is > 0 and < 2_650_467_744_000_000_000 ? DateTimeOffset.FromFileTime((long)ticks).ToUniversalTime() : null;
}
