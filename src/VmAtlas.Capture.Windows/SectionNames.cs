using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows;

/// <summary>Names of the files behind images and mapped files, as paths with drive letters.</summary>
/// <remarks>Windows says \Device\HarddiskVolume3\…, Wine \??\C:\…. A device without a letter keeps its own name. What a base was the name
/// of once is remembered: a view's file never changes, but another view may come to its place, so a different kind or size asks anew.</remarks>
sealed class SectionNames(IWindowsCalls calls)
{
    readonly Dictionary<(ulong Base, ulong End, AllocationKind Kind), string?> _known = [];
    List<(string Device, char Letter)>? _drives;

    /// <summary>Gives the rows of each allocation its name, and a number for its file.</summary>
    public void Resolve(BlockTable mappings, StringTable strings, IReadOnlyList<Allocation> allocations)
    {
        var files = new Dictionary<string, ulong>(StringComparer.OrdinalIgnoreCase);
        foreach (var allocation in allocations)
        {
            if (allocation.Kind == AllocationKind.Private || NameOf(allocation, mappings.Ends[allocation.Last]) is not { } name)
                continue;
            if (!files.TryGetValue(name, out var number))
                files.Add(name, number = (ulong)files.Count + 1);
            var text = strings.Intern(name);
            for (var row = allocation.First; row <= allocation.Last; row++)
            {
                mappings.SetName(row, text);
                mappings.SetFile(row, 0, number, unchecked(mappings.Starts[row] - allocation.Base));
            }
        }
    }

    string? NameOf(Allocation allocation, ulong end)
    {
        var key = (allocation.Base, end, allocation.Kind);
        if (!_known.TryGetValue(key, out var name))
            _known.Add(key, name = calls.AskText(WindowsQuestion.MappedName, allocation.Base) is { } native ? ToPath(native) : null);
        return name;
    }

    internal string ToPath(string native)
    {
        if (native.StartsWith(@"\??\", StringComparison.Ordinal))
            return native[4..];
        foreach (var (device, letter) in _drives ??= ReadDrives())
        {
            if (native.Length > device.Length && native[device.Length] == '\\' && native.StartsWith(device, StringComparison.OrdinalIgnoreCase))
                return $"{letter}:{native[device.Length..]}";
        }
        return native;
    }

    List<(string, char)> ReadDrives()
    {
        var drives = new List<(string, char)>();
        for (var letter = 'A'; letter <= 'Z'; letter++)
        {
            if (calls.AskText(WindowsQuestion.Drive, letter) is { } device)
                drives.Add((device, letter));
        }
        return drives;
    }
}
