using System.Collections.Immutable;

namespace VmAtlas.Symbols;

/// <summary>Where files with debug information are looked for: the folders that were named, then the system's.</summary>
/// <remarks>In each folder: <c>.build-id/xx/yyyy.debug</c>, the module's own path below it with <c>.debug</c>, and the bare file name. Beside these always
/// the module's own folder and its <c>.debug</c>. A file is taken only when its build id, or the checksum in the link to it, is right.</remarks>
public sealed record SymbolPath
{
    /// <summary>Where distributions put them.</summary>
    public const string SystemFolder = "/usr/lib/debug";

    /// <summary>The environment variable with folders, separated by colons.</summary>
    public const string Variable = "VMATLAS_SYMBOLS";

    /// <summary>Only the system's folder.</summary>
    public static readonly SymbolPath Default = new([SystemFolder]);

    SymbolPath(ImmutableArray<string> folders) => Folders = folders;

    /// <summary>In the order in which they are searched.</summary>
    public ImmutableArray<string> Folders { get; }

    /// <summary>Folders separated by colons, as in PATH, each first one of them first; empty ones are left out.</summary>
    /// <param name="lists">From the option, from the environment, from the configuration: null where there is none.</param>
    public static SymbolPath Parse(params ReadOnlySpan<string?> lists)
    {
        var folders = new List<string>();
        foreach (var list in lists)
            folders.AddRange((list ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        folders.Add(SystemFolder);
        return new SymbolPath([.. folders.Select(Path.TrimEndingDirectorySeparator).Distinct(StringComparer.Ordinal)]);
    }

    public bool Equals(SymbolPath? other) => other is not null && Folders.SequenceEqual(other.Folders);

    public override int GetHashCode() => Folders.Length == 0 ? 0 : string.GetHashCode(ToString(), StringComparison.Ordinal);

    public override string ToString() => string.Join(':', Folders);
}
