using VmAtlas.Model;

namespace VmAtlas.Symbols;

/// <summary>The symbols of all modules of one or more targets, each module read once: by its build id, or by path and root where it has none.</summary>
public sealed class SymbolStore : IDisposable
{
    readonly SymbolPath _path;
    readonly SymbolLimits _limits;
    readonly SymbolNames _names = new();
    readonly Dictionary<(string, string?), ModuleSymbols> _modules = [];
    readonly Lock _lock = new();

    public SymbolStore(SymbolPath path, SymbolLimits? limits = null) => (_path, _limits) = (path, limits ?? new SymbolLimits());

    /// <summary>The texts of all frames: names of functions and paths of files. Only read it: resolving adds to it.</summary>
    public StringTable Texts => _names.Texts;

    /// <summary>The symbols of a module. Never fails: what can not be read says so in <see cref="ModuleSymbols.Reason"/>.</summary>
    public ModuleSymbols Open(SymbolModule module)
    {
        lock (_lock)
        {
            var key = module.BuildId is { } id ? (id, null) : (module.Path, module.Root ?? "/");
            if (_modules.TryGetValue(key, out var known))
                return known;
            var opened = new ModuleSymbols(module, _path, _names, _limits);
            _modules.Add(key, opened);
            return opened;
        }
    }

    public void Dispose()
    {
        foreach (var module in _modules.Values)
            module.Dispose();
    }
}
