using VmAtlas.Capture.Linux.Proc;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux;

/// <summary>A live process, read through <c>/proc/PID</c>.</summary>
public sealed class LinuxTarget : ICaptureTarget
{
    readonly string _folder;

    public LinuxTarget(int pid)
    {
        _folder = $"/proc/{pid}";
        if (!Directory.Exists(_folder))
            throw new VmAtlasException(Failure.NotFound, $"there is no process {pid}");
        Process = new ProcessFacts { Pid = pid, Name = File.ReadAllText($"{_folder}/comm").TrimEnd('\n') };
    }

    public ProcessFacts Process { get; }

    public SystemFacts System { get; } = new() { Kernel = Environment.OSVersion.VersionString };

    public AddressSpaceLayout Layout { get; } = new(new Address(65536), new Address(0x7ffffffff000), new ByteSize(256 * 4096));

    public void ReadMappings(BlockTable mappings, StringTable strings, ICollection<Problem> problems)
    {
        for (var m = Measure.Committed; (int)m < Measures.Count; m++)
            mappings.MarkPresent(m);
        var parser = new SmapsParser(mappings, strings);
        var text = File.ReadAllBytes($"{_folder}/smaps").AsSpan();
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            parser.Line(end < 0 ? text : text[..end]);
            text = end < 0 ? default : text[(end + 1)..];
        }
        parser.End();
    }

    public IReadOnlyDictionary<string, ulong> ReadCounters(ICollection<Problem> problems)
    {
        var counters = new Dictionary<string, ulong>();
        foreach (var line in File.ReadLines($"{_folder}/status"))
        {
            var colon = line.IndexOf(':');
            if (line.EndsWith(" kB", StringComparison.Ordinal) && ulong.TryParse(line.AsSpan(colon + 1, line.Length - colon - 4).Trim(), out var kib))
                counters[line[..colon]] = kib << 10;
        }
        return counters;
    }

    public void EnsureUnchanged()
    {
    }

    public void Dispose()
    {
    }
}
