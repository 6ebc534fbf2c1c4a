using System.CommandLine;
using VmAtlas.Model;
using VmAtlas.Symbols;
using VmAtlas.Web;

namespace VmAtlas.Cli.CommandLine;

/// <summary>Where symbols are looked for: the option, the environment, and the user's own list of folders, in this order.</summary>
static class SymbolFolders
{
    public static Option<string?> Option() => new("--symbols")
    {
        Description = $"Folders with debug information, parted by colons; {SymbolPath.Variable} and the file vmatlas/symbols of your configuration (a folder a line) add more.",
        HelpName = "folders",
    };

    public static SymbolPath Of(string? option, Session session) => SymbolPath.Parse(Given(option, session), Configured(session));

    /// <summary>Those of the option and the environment.</summary>
    public static string Given(string? option, Session session) => $"{option}:{session.Environment(SymbolPath.Variable)}";

    /// <summary>The user's own list; null where there is no home.</summary>
    public static SymbolsFile? List(Session session) => ConfigurationFolder(session) is { } folder ? new SymbolsFile(Path.Combine(folder, "symbols")) : null;

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

    /// <summary>Folders of the list, parted by colons; null where there is none.</summary>
    static string? Configured(Session session)
    {
        try
        {
            return List(session) is { } list ? string.Join(':', list.Read()) : null;
        }
        catch (VmAtlasException e)
        {
            session.Note(e.Message);
            return null;
        }
    }
}
