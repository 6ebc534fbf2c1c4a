using VmAtlas.Capture.Linux.Annotators;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Tests.Annotators;

/// <summary>A process that is not there: mappings as a kernel would show them, and what its memory holds.</summary>
sealed class RecordedTarget : ICaptureTarget, IMemorySource
{
    readonly List<(ulong Start, ulong End, Protection Access, ulong Offset, ulong Inode, string Name, ulong Flags, bool Touched)> _mappings = [];
    readonly SortedDictionary<ulong, byte[]> _memory = [];

    public ProcessFacts Process { get; init; } = new() { Pid = 4711, Name = "recorded" };

    public SystemFacts System { get; } = new() { Kernel = "Linux" };

    public AddressSpaceLayout Layout { get; } = new(new Address(65536), new Address(0x7ffffffff000), new ByteSize(0x100000));

    /// <summary>Adds a line of maps: access as "rw-p".</summary>
    public RecordedTarget Add(ulong start, ulong size, string access, string name = "", ulong offset = 0, ulong inode = 0, string flags = "", bool touched = true)
    {
        var protection = Protection.None;
        foreach (var letter in access)
            protection |= letter switch { 'r' => Protection.Read, 'w' => Protection.Write, 'x' => Protection.Execute, 's' => Protection.Shared, _ => 0 };
        _mappings.Add((start, start + size, protection, offset, inode, name, VmFlags.Parse(flags), touched));
        return this;
    }

    public RecordedTarget Put(ulong address, byte[] bytes)
    {
        _memory[address] = bytes;
        return this;
    }

    public Snapshot Capture(CaptureOptions? options = null)
    {
        var snapshot = new CapturePipeline(this, LinuxAnnotators.All, options: options).Capture();
        Laws.Check(snapshot).ShouldBeEmpty();
        return snapshot;
    }

    public void ReadMappings(BlockTable mappings, StringTable strings, ICollection<Problem> problems)
    {
        mappings.MarkPresent(Measure.TotalWs);
        mappings.MarkPresent(Measure.PrivateWs);
        foreach (var (start, end, access, offset, inode, name, flags, touched) in _mappings.OrderBy(m => m.Start))
        {
            var row = mappings.Add(start, end);
            mappings.SetProtection(row, access);
            mappings.SetFile(row, inode == 0 ? 0u : 0x800001, inode, offset);
            mappings.SetName(row, strings.Intern(name));
            mappings.SetFlags(row, flags);
            mappings.Set(Measure.TotalWs, row, touched && access.IsAccessible() ? 4096UL : 0);
        }
    }

    public IReadOnlyDictionary<string, ulong> ReadCounters(ICollection<Problem> problems) => new Dictionary<string, ulong>();

    public int Read(Address start, Span<byte> into)
    {
        foreach (var (address, bytes) in _memory)
        {
            if (start.Value < address || start.Value >= address + (ulong)bytes.Length)
                continue;
            var part = bytes.AsSpan((int)(start.Value - address));
            part = part[..Math.Min(part.Length, into.Length)];
            part.CopyTo(into);
            return part.Length;
        }
        return 0;
    }

    public void EnsureUnchanged()
    {
    }

    public void Dispose()
    {
    }
}
