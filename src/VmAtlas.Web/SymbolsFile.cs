using VmAtlas.Formats;
using VmAtlas.Model;

namespace VmAtlas.Web;

/// <summary>The user's own list of folders with debug information, for the page and the command line: a folder a line; lines that begin with # are for people.</summary>
public sealed class SymbolsFile(string path)
{
    /// <summary>A list of folders is a few lines.</summary>
    public const int MostBytes = 64 << 10;

    public string Path => path;

    /// <summary>None where there is no file.</summary>
    /// <exception cref="VmAtlasException">It is longer than <see cref="MostBytes"/>, or can not be read.</exception>
    public IReadOnlyList<string> Read() => [.. Lines().Select(l => l.Trim()).Where(l => l.Length > 0 && !IsRemark(l))];

    /// <summary>Puts other folders into the list; remarks stay, before them.</summary>
    /// <exception cref="VmAtlasException">A folder can not be one of the list, or the file can not be written.</exception>
    public void Write(IReadOnlyList<string> folders)
    {
        foreach (var folder in folders)
        {
            if (!System.IO.Path.IsPathRooted(folder) || IsRemark(folder) || folder.Contains(':') || folder.Any(char.IsControl))
                throw new VmAtlasException(Failure.Usage, $"“{folder}” can not be a folder of the list: it takes whole paths without colons, a line each");
        }
        string[] lines = [.. Lines().Where(IsRemark), .. folders];
        if (lines.Sum(l => l.Length + 1) > MostBytes / 2)
            throw new VmAtlasException(Failure.Usage, $"the list of folders is longer than {MostBytes / 2} bytes");
        try
        {
            SettingsFolder.Make(System.IO.Path.GetDirectoryName(path)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VmAtlasException(Failure.General, $"{path} can not be written: {e.Message}", e);
        }
        using var file = new ReplacedFile(path);
        using (var writer = new StreamWriter(file.Stream, leaveOpen: true))
        {
            foreach (var line in lines)
                writer.Write(line + "\n");
        }
        file.Commit();
    }

    static bool IsRemark(string line) => line.TrimStart().StartsWith('#');

    string[] Lines()
    {
        try
        {
            if (!File.Exists(path))
                return [];
            if (new FileInfo(path).Length > MostBytes)
                throw new VmAtlasException(Failure.BadFile, $"{path} is longer than {MostBytes} bytes and was not read");
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VmAtlasException(Failure.General, $"{path} could not be read: {e.Message}", e);
        }
    }
}
