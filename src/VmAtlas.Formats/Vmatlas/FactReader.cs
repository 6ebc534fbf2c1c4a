using System.Globalization;
using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas;

static class FactNames
{
    /// <summary>"vmFlag.16" → "ac": what bit 16 of the column vmFlags stands for.</summary>
    public const string VmFlag = "vmFlag.";
}

/// <summary>The facts of a snapshot by name: the mirror of <see cref="FactWriter"/>.</summary>
sealed class FactReader
{
    readonly Dictionary<string, string> _texts = [];
    readonly Dictionary<string, ulong> _numbers = [];

    public FactReader(TableImage table, FileStrings strings)
    {
        var (keys, texts, numbers) = (table.Find("key"), table.Find("text"), table.Find("number"));
        for (var i = 0; i < table.Rows; i++)
        {
            var key = strings.Text(keys?[i] ?? 0);
            if (texts?[i] is { } text and > 0)
                _texts[key] = strings.Text(text - 1);
            else
                _numbers[key] = numbers?[i] ?? 0;
        }
    }

    public ProcessFacts Process => new()
    {
        Pid = Int("process.pid") ?? 0,
        Name = Text("process.name") ?? "",
        Command = Text("process.command"),
        Executable = Text("process.executable"),
        User = Text("process.user"),
        ParentPid = Int("process.parentPid"),
        StartedAt = Number("process.startedAt") is { } at ? FileTime.ToTime(unchecked((long)at)) : null,
        Threads = Int("process.threads"),
        Architecture = Text("process.architecture"),
        Container = Text("process.container"),
    };

    public SystemFacts System => new()
    {
        Kernel = Text("system.kernel") ?? "",
        Host = Text("system.host"),
        Architecture = Text("system.architecture"),
        PageSize = new ByteSize(Number("system.pageSize") ?? 4096),
        PhysicalMemory = Number("system.physicalMemory") is { } memory ? new ByteSize(memory) : null,
    };

    public AddressSpaceLayout Layout => new(
        new Address(Required("layout.lowest")), new Address(Required("layout.end")), new ByteSize(Required("layout.stackGuardGap")),
        new ByteSize(Number("layout.granularity") ?? 0));

    public ByteSize? PageTables => Number("pageTables") is { } bytes ? new ByteSize(bytes) : null;

    public TimeSpan Took => new((long)Math.Min(Number("took") ?? 0, (ulong)TimeSpan.MaxValue.Ticks));

    /// <summary>What each bit of the file's vmFlags is in this run.</summary>
    public ulong[] VmFlagBits()
    {
        var bits = new ulong[64];
        for (var bit = 0; bit < 64; bit++)
        {
            if (Text(FactNames.VmFlag + bit.ToString(CultureInfo.InvariantCulture)) is not { } code)
                continue;
            // A code not met before takes one of the few free bits of this run for good: only what can be one gets it.
            if (code.Length != 2 || !code.All(char.IsAsciiLetterLower))
                throw new InvalidDataException($"bit {bit} of vmFlags has no name of two letters");
            bits[bit] = VmFlags.Bit(code);
        }
        return bits;
    }

    public string? Text(string key) => _texts.GetValueOrDefault(key);

    public ulong? Number(string key) => _numbers.TryGetValue(key, out var number) ? number : null;

    int? Int(string key) => Number(key) switch
    {
        null => null,
        { } number and <= int.MaxValue => (int)number,
        _ => throw new InvalidDataException($"the fact '{key}' is out of range"),
    };

    public ulong Required(string key) => Number(key) ?? throw new InvalidDataException($"the fact '{key}' is missing");
}
