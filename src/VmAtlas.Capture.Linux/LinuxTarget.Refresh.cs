using VmAtlas.Capture.Linux.Memory;
using VmAtlas.Capture.Linux.Proc;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux;

/// <summary>What changed since the mappings were read.</summary>
public sealed partial class LinuxTarget : IRefreshable
{
    readonly MapsComparer _comparer = new();
    RowChanges? _changes;

    /// <inheritdoc/>
    public bool TryRefresh(out ChangeSet changes)
    {
        changes = default;
        if (_parser is not { Mappings: { Count: > 0 } rows } || _space is not { IsAlive: true } || !_pages.IsOpen)
            return false;
        using (var maps = _space.OpenMaps(out _))
        {
            if (maps.IsInvalid)
                return false;
            _comparer.Begin(rows, _parser.Strings);
            if (_text.Read(maps, _comparer) != 0 || !_space.IsAlive)
                return false;
        }
        if (!_comparer.IsSame)
        {
            changes = new ChangeSet(Mappings: true, default);
            return true;
        }
        var known = (_changes ??= new RowChanges(_pages)).TryFind(rows, out var changed) && _space.IsAlive;
        changes = new ChangeSet(Mappings: false, changed);
        return known;
    }
}
