using System.Globalization;
using VmAtlas.Symbols.Search;

namespace VmAtlas.Symbols;

/// <summary>Where a process's runtime writes the names of the code it makes (see <see cref="PerfMap"/>), while it lives and afterwards.</summary>
/// <remarks>Anybody can put a file into <c>/tmp</c>, so it counts only when it is a regular file, no link, of the user whose process it was when this was made:
/// one that changed its user before it wrote the file has no names. What is looked for is in the process's own <c>/tmp</c>, by its pid as it knows it itself.</remarks>
public sealed class PerfMapFile : IDisposable
{
    readonly RootedFiles _files;
    readonly string _path;
    readonly uint _user;
    PerfMap? _map;
    long _length = -1;

    PerfMapFile(RootedFiles files, string path, uint user) => (_files, _path, _user) = (files, path, user);

    /// <summary>Of a process that runs; null when it has ended or may not be asked.</summary>
    public static PerfMapFile? Of(int pid)
    {
        try
        {
            var lines = File.ReadAllLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status"));
            var inside = int.Parse(Last(lines, "NSpid:"), CultureInfo.InvariantCulture);
            var user = uint.Parse(Last(lines, "Uid:"), CultureInfo.InvariantCulture); // of four the last: the one that files are made by
            var root = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/root");
            return new PerfMapFile(new RootedFiles(root), string.Create(CultureInfo.InvariantCulture, $"/tmp/perf-{inside}.map"), user);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }

    /// <summary>What it says now; null when there is no such file, or it is not the process's own.</summary>
    public PerfMap? Read()
    {
        using var file = _files.TryOpenOwned(_path, _user);
        if (file is null || file.Length == _length)
            return _map;
        (_map, _length) = (PerfMap.Read(file), file.Length);
        return _map;
    }

    public void Dispose() => _files.Dispose();

    /// <summary>The last number of a line; empty where there is no such line.</summary>
    static string Last(string[] lines, string key) =>
        Array.Find(lines, l => l.StartsWith(key, StringComparison.Ordinal)) is { } line ? line[(line.LastIndexOf('\t') + 1)..] : "";
}
