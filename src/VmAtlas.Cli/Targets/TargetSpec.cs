using System.Globalization;
using VmAtlas.Model;

namespace VmAtlas.Cli.Targets;

/// <summary>What the user means by a target, before it is looked for.</summary>
abstract record TargetSpec
{
    static readonly string[] s_extensions = [".vmatlas", ".csv", ".mmp", ".json", ".txt", ".dmp", ".core", ".vmcalls"];

    /// <summary>
    /// Digits are a pid. What has a slash or ends like a saved file is a file, with <c>@3</c>, <c>@-1</c> or <c>@last</c> choosing among its
    /// snapshots. So is a file named "core" or "core.1234". The rest is a process's name, whatever files lie about: <c>./nginx</c> is a file of that name.
    /// </summary>
    /// <exception cref="VmAtlasException">A pid or snapshot number that can be none.</exception>
    public static TargetSpec Parse(string text)
    {
        if (text.Length > 0 && text.All(char.IsAsciiDigit))
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0
                ? new ProcessSpec(pid)
                : throw new VmAtlasException(Failure.NotFound, $"there is no process {text}: no pid is that number");
        var at = text.LastIndexOf('@');
        if (at > 0 && !File.Exists(text) && IsFile(text[..at]))
            return new FileSpec(text[..at], ParseNumber(text[(at + 1)..]));
        return IsFile(text) ? new FileSpec(text, -1) : new NameSpec(text);
    }

    static bool IsFile(string text) =>
        text.Contains('/') || (OperatingSystem.IsWindows() && text.Contains('\\')) || s_extensions.Any(e => text.EndsWith(e, StringComparison.OrdinalIgnoreCase))
        || (text == "core" || text.StartsWith("core.", StringComparison.Ordinal)) && File.Exists(text);

    static int ParseNumber(string text)
    {
        if (text is "last")
            return -1;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number != 0)
            return number;
        throw new VmAtlasException(Failure.Usage, $"'@{text}' chooses no snapshot: it is @1 for the first, @-1 or @last for the last");
    }
}

/// <summary>A live process by its id.</summary>
sealed record ProcessSpec(int Pid) : TargetSpec;

/// <summary>A live process by its name.</summary>
sealed record NameSpec(string Name) : TargetSpec;

/// <summary>A saved file.</summary>
/// <param name="Number">Which snapshot: from 1, or from −1 backwards.</param>
sealed record FileSpec(string Path, int Number) : TargetSpec
{
    /// <summary>The snapshot's index in a timeline of so many.</summary>
    /// <exception cref="VmAtlasException">The timeline has no such snapshot.</exception>
    public int IndexIn(int count)
    {
        var index = Number > 0 ? Number - 1 : count + Number;
        if (count == 0)
            throw new VmAtlasException(Failure.BadFile, $"{Path} has no whole snapshot in it");
        if ((uint)index >= (uint)count)
            throw new VmAtlasException(Failure.NotFound, $"{Path} has {count} {(count == 1 ? "snapshot" : "snapshots")}: there is no @{Number}");
        return index;
    }
}
