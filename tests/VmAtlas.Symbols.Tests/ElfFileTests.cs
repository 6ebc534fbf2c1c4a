using System.Buffers.Binary;
using VmAtlas.Model;
using VmAtlas.Testing;
using VmAtlas.Symbols.Bytes;
using VmAtlas.Symbols.Elf;

namespace VmAtlas.Symbols.Tests;

public sealed class ElfFileTests
{
    static readonly string s_libc = File.ReadLines("/proc/self/maps").First(l => l.EndsWith("/libc.so.6", StringComparison.Ordinal)).Split(' ')[^1];

    [Fact]
    public void Segments_are_those_of_readelf()
    {
        var elf = ElfFile.TryReadMapped(new MemoryBytes(File.ReadAllBytes(s_libc)), wantSections: true).ShouldNotBeNull();
        var told = Tool.Output("readelf", "-lW", s_libc).Split('\n').Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(w => w.Length > 6 && w[0] == "LOAD")
            .Select(w => (Offset: Convert.ToUInt64(w[1], 16), Address: Convert.ToUInt64(w[2], 16), FileSize: Convert.ToUInt64(w[4], 16), Size: Convert.ToUInt64(w[5], 16)));
        elf.Segments.Select(s => (s.Offset, s.Memory.Start.Value, s.FileSize, s.Memory.Size.Bytes)).ShouldBe(told);
        elf.Is64.ShouldBeTrue();
        elf.BuildId.ShouldNotBeNull().Length.ShouldBe(40);
        elf.Sections.Select(s => s.Name).ShouldContain(".text");
        elf.Sections.Select(s => s.Name).ShouldNotContain(".tbss", "it takes no memory");
        elf.Relro.IsEmpty.ShouldBeFalse();
    }

    [Fact]
    public void Sections_are_read_only_when_asked_for() =>
        ElfFile.TryReadMapped(new MemoryBytes(File.ReadAllBytes(s_libc)), wantSections: false).ShouldNotBeNull().Sections.ShouldBeEmpty();

    [Fact]
    public void A_file_cut_at_any_length_is_read_or_refused_and_nothing_else()
    {
        var file = File.ReadAllBytes(s_libc).AsSpan(0, 8192).ToArray();
        var read = 0;
        for (var length = 0; length <= file.Length; length += 7)
            read += ElfFile.TryReadMapped(new MemoryBytes(file.AsMemory(0, length)), wantSections: true) is null ? 0 : 1;
        read.ShouldBeInRange(1, 8192 / 7);
    }

    [Fact]
    public void Random_damage_never_breaks_the_reader()
    {
        var file = File.ReadAllBytes(s_libc);
        var sections = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(40));
        var random = new Random(20);
        for (var round = 0; round < 5000; round++)
        {
            var damage = new List<(int At, byte Before)>();
            for (var hits = random.Next(1, 20); hits > 0; hits--)
            {
                var at = random.Next(3) switch { 0 => random.Next(64), 1 => random.Next(64, 1024), _ => random.Next(sections, file.Length) };
                damage.Add((at, file[at]));
                file[at] = (byte)(random.Next(2) == 0 ? 0xff : random.Next(256));
            }
            var elf = ElfFile.TryReadMapped(new MemoryBytes(file), wantSections: true);
            damage.Reverse();
            foreach (var (at, before) in damage)
                file[at] = before;
            if (elf is null)
                continue;
            elf.Segments.All(s => s.Memory.Start.Value <= 1UL << 56 && s.Memory.Start < s.Memory.End).ShouldBeTrue();
            elf.Sections.Count.ShouldBeLessThanOrEqualTo(ElfFile.MaxSections);
            elf.Sections.All(s => elf.Segments.Any(l => l.Memory.Contains(s.Range)) && s.Name.Length <= ElfFile.MaxName).ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData(54, 57)] // e_phentsize that is not ours
    [InlineData(56, 0)] // no program headers
    [InlineData(56, ElfFile.MaxSegments + 1)]
    [InlineData(56, 0xffff)]
    [InlineData(5, 2)] // big-endian
    [InlineData(4, 3)] // no such class
    public void A_header_out_of_bounds_is_no_object(int at, int value)
    {
        var file = File.ReadAllBytes(s_libc);
        if (at < 16)
            file[at] = (byte)value;
        else
            BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), (ushort)value);
        ElfFile.TryReadMapped(new MemoryBytes(file), wantSections: true).ShouldBeNull();
    }

    [Theory]
    [InlineData(ElfFile.MaxSections + 1, true)]
    [InlineData(0, true)]
    [InlineData(30, false)]
    public void A_section_table_out_of_bounds_costs_the_sections_only(int count, bool none)
    {
        var file = File.ReadAllBytes(s_libc);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(60), (ushort)count);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(62), 29);
        var elf = ElfFile.TryReadMapped(new MemoryBytes(file), wantSections: true).ShouldNotBeNull();
        (elf.Sections.Count == 0).ShouldBe(none);
        elf.Segments.Count.ShouldBe(4);
    }

    [Fact]
    public void A_segment_that_passes_the_end_of_the_numbers_is_left_out()
    {
        var file = File.ReadAllBytes(s_libc);
        var segments = ElfFile.TryReadMapped(new MemoryBytes(file), wantSections: false)!.Segments.Count;
        for (var i = 0; i < 16; i++)
        {
            var header = file.AsSpan(64 + i * 56);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) != 1)
                continue;
            BinaryPrimitives.WriteUInt64LittleEndian(header[40..], ulong.MaxValue - 100);
            break;
        }
        ElfFile.TryReadMapped(new MemoryBytes(file), wantSections: false)!.Segments.Count.ShouldBe(segments - 1);
    }

    [Fact]
    public void A_32_bit_object_is_read_too()
    {
        var file = new byte[52 + 32 + 8];
        "\x7f"u8.CopyTo(file);
        "ELF\x01\x01"u8.CopyTo(file.AsSpan(1));
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(28), 52);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(42), 32);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(44), 1);
        uint[] segment = [1, 0x1000, 0x08048000, 0x08048000, 0x500, 0x700, 5, 0x1000];
        for (var i = 0; i < segment.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(52 + i * 4), segment[i]);
        var elf = ElfFile.TryReadMapped(new MemoryBytes(file), wantSections: true).ShouldNotBeNull();
        elf.Is64.ShouldBeFalse();
        elf.Segments.ShouldBe([new ElfSegment(1, 0x1000, 0x500, AddressRange.Of(0x08048000, 0x08048700), Protection.Read | Protection.Execute)]);
    }
}
