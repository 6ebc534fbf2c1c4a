using VmAtlas.Capture.Windows.Calls;

namespace VmAtlas.Capture.Windows.Dumps;

/// <summary>MINIDUMP_MODULE_LIST: images by address. The first is the program.</summary>
sealed class MinidumpModules
{
    const int EntryBytes = 108, MostModules = 1 << 16;

    readonly SortedList<ulong, (ulong End, string Name)> _modules = [];

    public string? Program { get; private set; }

    public IEnumerable<(ulong Start, ulong End)> Ranges => _modules.Select(m => (m.Key, m.Value.End));

    public static MinidumpModules Read(MinidumpFile file)
    {
        var modules = new MinidumpModules();
        ReadOnlySpan<byte> list = file.Stream(MinidumpFile.ModuleList);
        for (var at = 4; at + EntryBytes <= list.Length && modules._modules.Count < Math.Min(list.U32(0), MostModules); at += EntryBytes)
        {
            var (start, size) = (list.U64(at), list.U32(at + 8));
            if (size == 0 || start > ulong.MaxValue - size || file.ReadString(list.U32(at + 20)) is not { } name)
                continue;
            modules.Program ??= name;
            modules._modules.TryAdd(start, (start + size, name));
        }
        return modules;
    }

    /// <summary>Whether there is an image whose path ends so.</summary>
    public bool HasOne(string end) => _modules.Values.Any(m => m.Name.EndsWith(end, StringComparison.OrdinalIgnoreCase));

    /// <summary>The name of the image that begins at an address. Other sections are not named in a dump.</summary>
    public string? NameAt(ulong start) => _modules.TryGetValue(start, out var module) ? module.Name : null;
}
