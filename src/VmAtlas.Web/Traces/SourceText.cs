using System.Text;
using VmAtlas.Model;
using VmAtlas.Web.Api;

namespace VmAtlas.Web.Traces;

/// <summary>Source files that the stacks of a trace name, as far as they lie on this machine.</summary>
/// <remarks>The names come from the debug information of programs that are not trusted, so a name alone opens nothing but an ordinary file of text: no
/// device, no pipe, nothing of /proc or /sys, and no more of it than a window full.</remarks>
static class SourceText
{
    const long MostBytes = 8 << 20;
    const int LinesAround = 200, MostOfLine = 500;
    static readonly string[] s_noSource = ["/proc/", "/sys/", "/dev/", "/run/"];

    /// <summary>Whether a stack of the trace names a file: no other is opened.</summary>
    public static bool IsNamed(ProgramTrace program, string file) => program.Frames.Frames.Any(f => f.File != 0 && program.Frames.Texts[f.File] == file);

    /// <summary>Not while the trace is looked at: a name can lead to a disk that does not answer.</summary>
    /// <param name="file">As a frame of the trace names it.</param>
    /// <param name="line">The one that is wanted, from 1 on.</param>
    /// <exception cref="VmAtlasException">It is not here, or is no text.</exception>
    public static SourceAnswer Read(string file, int line)
    {
        var path = Path.GetFullPath(file);
        if (!Path.IsPathRooted(file) || Array.Exists(s_noSource, f => path.StartsWith(f, StringComparison.Ordinal)))
            throw new VmAtlasException(Failure.NotFound, $"{file} is no source file");
        try
        {
            return Lines(file, Text(path), line);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VmAtlasException(Failure.NotFound, $"{file} is not on this machine, or may not be read", e);
        }
    }

    /// <summary>Opened once, and looked at by what was opened: a name can come to mean another file.</summary>
    static string Text(string path)
    {
        if ((File.GetAttributes(path) & (FileAttributes.ReparsePoint | FileAttributes.Device | FileAttributes.Directory)) != 0 || !File.Exists(path)
            || new FileInfo(path).Length is 0 or > MostBytes)
            throw new VmAtlasException(Failure.NotFound, $"{path} is no source file: it is empty, larger than 8 MiB, or no ordinary file");
        using var stream = new FileStream(path, new FileStreamOptions { Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 });
        var bytes = new byte[Math.Min(stream.Length, MostBytes)];
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        var text = bytes.AsSpan(0, read);
        return text.Contains((byte)0) ? throw new VmAtlasException(Failure.NotFound, $"{path} is no text") : Encoding.UTF8.GetString(text);
    }

    static SourceAnswer Lines(string file, string text, int line)
    {
        var first = Math.Max(1, line - LinesAround);
        var (lines, number, more) = (new List<string>(), 0, false);
        foreach (var one in text.AsSpan().EnumerateLines())
        {
            if (++number < first)
                continue;
            if (number > line + LinesAround)
            {
                more = true;
                break;
            }
            lines.Add(one[..Math.Min(one.Length, MostOfLine)].ToString());
        }
        return new SourceAnswer(file, first, [.. lines], more);
    }
}
