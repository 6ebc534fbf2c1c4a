using System.CommandLine;
using VmAtlas.Symbols;

namespace VmAtlas.Cli.CommandLine;

/// <summary>Where symbols are looked for: the option, the environment, and the user's own list of folders, in this order.</summary>
static class SymbolFolders
{
    /// <summary>A list of folders is a few lines.</summary>
    const int MostBytes = 64 << 10;

    public static Option<string?> Option() => new("--symbols")
    {
        Description = $"Folders with debug information, parted by colons; {SymbolPath.Variable} and the file vmatlas/symbols of your configuration (a folder a line) add more.",
        HelpName = "folders",
    };

    public static SymbolPath Of(string? option, Session session) =>
        SymbolPath.Parse(option, session.Environment(SymbolPath.Variable), Configured(session));

    /// <summary>The same for a file, whose names were looked up when it was made: null, which is to look nowhere, unless folders are named somewhere.</summary>
    public static SymbolPath? Named(string? option, Session session) =>
        string.IsNullOrEmpty(option) && string.IsNullOrEmpty(session.Environment(SymbolPath.Variable)) && string.IsNullOrEmpty(Configured(session)) ? null : Of(option, session);

    /// <summary>The folder of our configuration, by the XDG base directories or Windows' own; null where there is no home.</summary>
    public static string? ConfigurationFolder(Session session)
    {
        var folder = OperatingSystem.IsWindows() ? session.Environment("APPDATA")
            : session.Environment("XDG_CONFIG_HOME") is { Length: > 0 } set ? set
            : session.Environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".config") : null;
        return folder is null ? null : Path.Combine(folder, "vmatlas");
    }

    /// <summary>Lines of the file, parted by colons; null where there is none. What begins with # is no folder.</summary>
    static string? Configured(Session session)
    {
        if (ConfigurationFolder(session) is not { } folder)
            return null;
        var path = Path.Combine(folder, "symbols");
        try
        {
            if (!File.Exists(path))
                return null;
            if (new FileInfo(path).Length > MostBytes)
            {
                session.Note($"{path} is longer than {MostBytes} bytes and was not read");
                return null;
            }
            return string.Join(':', File.ReadLines(path).Select(l => l.Trim()).Where(l => l.Length > 0 && !l.StartsWith('#')));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            session.Note($"{path} could not be read: {e.Message}");
            return null;
        }
    }
}
