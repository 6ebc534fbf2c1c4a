using VmAtlas.Capture;
using VmAtlas.Capture.Linux;
using VmAtlas.Model;

namespace VmAtlas.Web;

/// <summary>How the server runs.</summary>
public sealed record WebServerOptions
{
    /// <summary>The server ends after so long without an authorised request; an open page always has one open.</summary>
    public static readonly TimeSpan DefaultIdleLimit = TimeSpan.FromMinutes(10);

    /// <summary>The system whose processes are offered.</summary>
    public IPlatform Platform { get; init; } = new LinuxPlatform();

    /// <summary>Reads a file that is no saved snapshot but the dump of a process; null for any other file, which is then read as a saved one.</summary>
    public Func<string, Snapshot?> ReadDump { get; init; } = _ => null;

    /// <summary>The port on 127.0.0.1; 0 lets the system choose.</summary>
    public int Port { get; init; }

    public TimeSpan IdleLimit { get; init; } = DefaultIdleLimit;

    /// <summary>Where the page keeps what its reader chose (theme, columns, recent targets); null to keep nothing.</summary>
    /// <remarks>Not the browser's own store: that belongs to an address with its port, and the port is another one each time.</remarks>
    public string? SettingsPath { get; init; }

    /// <summary>Folders, parted by colons, where debug information for the functions in traces is looked for besides the system's.</summary>
    public string Symbols { get; init; } = "";

    /// <summary>The user's own list of such folders (see <see cref="SymbolsFile"/>), which the page can change; null for none.</summary>
    public string? SymbolsPath { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where unexpected failures are told, one line each. Never gets the token.</summary>
    public Action<string> Log { get; init; } = _ => { };
}
