using VmAtlas.Capture;
using VmAtlas.Web.Sessions;

namespace VmAtlas.Web.Api;

/// <summary>What the calls of one server share.</summary>
sealed class ApiContext(WebServerOptions options, SymbolSetting symbols) : IDisposable
{
    public ApiContext(WebServerOptions options)
        : this(options, new SymbolSetting(options.Symbols, options.SymbolsPath is { } path ? new SymbolsFile(path) : null))
    {
    }

    public IPlatform Platform => options.Platform;

    public TimeProvider Clock => options.Clock;

    public EventHub Events { get; } = new();

    public SettingsFile Settings { get; } = new(options.SettingsPath);

    public SessionStore Sessions { get; } = new(options.Platform, options.ReadDump, symbols);

    public SymbolSetting Symbols => symbols;

    public void Dispose()
    {
        Events.Dispose();
        Sessions.Dispose();
    }
}
