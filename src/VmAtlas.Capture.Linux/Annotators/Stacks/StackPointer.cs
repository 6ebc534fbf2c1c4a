using System.Globalization;

namespace VmAtlas.Capture.Linux.Annotators.Stacks;

/// <summary>A thread's stack pointer from <c>/proc/PID/task/TID/syscall</c> (proc(5)), without stopping it.</summary>
static class StackPointer
{
    /// <summary>Null for a thread that is running at the moment, or that may not be read.</summary>
    public static ulong? TryRead(LinuxTarget target, int tid) => target.TryReadProc($"task/{tid}/syscall") is { } text ? Parse(text) : null;

    /// <summary>"number six-arguments sp pc", "-1 sp pc" outside of a system call, or "running": the last word but one.</summary>
    internal static ulong? Parse(ReadOnlySpan<char> text)
    {
        text = text.TrimEnd('\n');
        var last = text.LastIndexOf(' ');
        if (last < 0)
            return null;
        text = text[..last];
        text = text[(text.LastIndexOf(' ') + 1)..];
        return text.StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var sp) && sp != 0 ? sp : null;
    }
}
