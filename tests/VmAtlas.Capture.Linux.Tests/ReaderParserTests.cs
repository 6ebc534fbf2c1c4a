using System.Text;
using VmAtlas.Capture.Linux.Proc;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Tests;

/// <summary>smaps as text: other kernels, odd names, rows that moved, and garbage.</summary>
public sealed class ReaderParserTests
{
    const string Header = "7f0000000000-7f0000010000 rw-p 00000000 00:00 0 \n";

    /// <summary>Bits for unknown flags are few and given out once in a process: before garbage takes them all.</summary>
    static ReaderParserTests() => VmFlags.Parse("zz 9q");

    static string Kib(string key, ulong value) => $"{key + ":",-16}{value,8} kB\n";

    static string Mapping(string header, ulong rss = 12, string flags = "rd wr mr mw me ac ") =>
        header + Kib("Size", 64) + Kib("KernelPageSize", 4) + Kib("Rss", rss) + Kib("Pss", rss) + Kib("Shared_Clean", 0) + Kib("Shared_Dirty", 0)
        + Kib("Private_Clean", 0) + Kib("Private_Dirty", rss) + Kib("Referenced", rss) + Kib("Anonymous", rss) + Kib("Swap", 4) + Kib("Locked", 0)
        + $"{"THPeligible:",-16}{0,8}\n" + (flags.Length == 0 ? "" : $"VmFlags: {flags}\n");

    static (BlockTable Table, StringTable Strings, SmapsParser Parser) Parse(byte[] text, int portion = int.MaxValue)
    {
        var (table, strings) = (new BlockTable(), new StringTable());
        var parser = new SmapsParser(table, strings);
        parser.Begin();
        for (var (from, to) = (0, 0); to < text.Length;)
        {
            to = (int)Math.Min(text.Length, (long)to + portion);
            from += parser.Take(text.AsSpan(from, to - from));
        }
        parser.End();
        return (table, strings, parser);
    }

    static (BlockTable Table, StringTable Strings, SmapsParser Parser) Parse(string text, int portion = int.MaxValue) =>
        Parse(Encoding.UTF8.GetBytes(text), portion);

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(500)]
    public void The_text_may_come_in_any_portions(int portion)
    {
        var text = string.Concat(Enumerable.Range(0, 50).Select(i => Mapping($"7f00000{i:x2}000-7f00000{i:x2}800 rw-p 00000000 00:00 0 \n", (ulong)i)));
        var (table, _, parser) = Parse(text, portion);
        table.Count.ShouldBe(50);
        parser.Unreadable.ShouldBe(0);
        for (var i = 0; i < 50; i++)
            table.Get(Measure.TotalWs, i).ShouldBe(Math.Min((ulong)i << 10, 0x800));
    }

    [Fact]
    public void The_layout_learnt_gives_what_reading_line_by_line_gives()
    {
        // A value of nine digits makes the second mapping's lines longer than those learnt.
        var big = "7f0000010000-7f2000010000 rw-p 00000000 00:00 0 \n";
        var (table, _, _) = Parse(Mapping(Header, 12) + Mapping(big, 123_456_789) + Mapping("7f2000020000-7f2000030000 rw-p 00000000 00:00 0 \n", 16));
        table.Get(Measure.TotalWs, 0).ShouldBe(12UL << 10);
        table.Get(Measure.TotalWs, 1).ShouldBe(123_456_789UL << 10);
        table.Get(Measure.Uss, 1).ShouldBe(123_456_789UL << 10);
        table.Get(Measure.TotalWs, 2).ShouldBe(16UL << 10);
        table.Flags[2].ShouldBe(VmFlags.Parse("rd wr mr mw me ac"));
    }

    [Fact]
    public void What_the_kernel_does_not_tell_is_absent_and_not_zero()
    {
        var (table, _, _) = Parse(Mapping(Header, flags: ""));
        table.Has(Measure.TotalWs).ShouldBeTrue();
        table.Has(Measure.LockedWs).ShouldBeTrue();
        foreach (var missing in (Measure[])[Measure.Committed, Measure.Private, Measure.SwapPss, Measure.LazyFree, Measure.Ksm, Measure.Thp, Measure.Hugetlb])
            table.Has(missing).ShouldBeFalse(missing.Title());
    }

    [Theory]
    [InlineData("rw-p", "rd wr ac", 0, 64, 64)] // private, charged
    [InlineData("rw-p", "rd wr", 0, 16, 16)] // not charged: what it holds
    [InlineData("rw-p", "rd wr nr", 0, 16, 16)] // MAP_NORESERVE
    [InlineData("---p", "mr mw me ac", 0, 16, 16)] // was writable once, is charged, but can not be used
    [InlineData("r--p", "rd mr", 77, 64, 16)] // a file
    [InlineData("rw-s", "rd wr sh", 77, 64, 0)] // a shared file
    public void Committed_and_private_follow_the_rules(string access, string flags, int inode, ulong committed, ulong own)
    {
        var (table, _, _) = Parse(Mapping($"7f0000000000-7f0000010000 {access} 00000000 00:00 {inode} \n", flags: flags + " "));
        table.Get(Measure.Committed, 0).ShouldBe(committed << 10);
        table.Get(Measure.Private, 0).ShouldBe(own << 10);
    }

    [Theory]
    [InlineData("/a  path with  spaces and ünïcode ")]
    [InlineData("/new\\012line")]
    [InlineData("[anon:some name: here]")]
    [InlineData("//anon")]
    [InlineData("")]
    public void A_name_is_everything_after_the_padding(string name)
    {
        var (table, strings, _) = Parse(Mapping($"7f0000000000-7f0000010000 r--p 123456789000 fd:1a3 18446744073709551615      {name}\n"));
        strings[table.Names[0]].ShouldBe(name);
        (table.Offsets[0], table.Devices[0], table.Inodes[0]).ShouldBe((0x123456789000UL, 0xfdU << 20 | 0x1a3, ulong.MaxValue));
    }

    [Fact]
    public void A_name_that_is_not_utf8_keeps_its_bytes()
    {
        byte[] name = [(byte)'/', 0xff, 0x1b, (byte)'[', 0x80];
        var text = Encoding.ASCII.GetBytes(Mapping("7f0000000000-7f0000010000 r--p 00000000 fe:00 12   NAME\n"));
        var at = text.AsSpan().IndexOf("NAME"u8);
        var (table, strings, _) = Parse([.. text[..at], .. name, .. text[(at + 4)..]]);
        strings.Utf8(table.Names[0]).ToArray().ShouldBe(name);
    }

    [Fact]
    public void Addresses_of_any_length_are_read()
    {
        var (table, _, parser) = Parse(Mapping("08048000-0804c000 r-xp 00000000 fe:00 9 /old\n") + Mapping("ff00000000000000-ff00000000001000 --xp 00000000 00:00 0 \n")
            + Mapping("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n"));
        parser.Unreadable.ShouldBe(0);
        table.Starts.ToArray().ShouldBe([0x08048000UL, 0xff00000000000000UL, 0xffffffffff600000UL]);
        table.Ends[^1].ShouldBe(0xffffffffff601000UL);
        table.Protections[0].ShouldBe(Protection.Read | Protection.Execute);
    }

    [Fact]
    public void A_mapping_that_moved_is_clipped_marked_and_kept_within_its_size()
    {
        var (table, _, parser) = Parse(Mapping("7f0000000000-7f0000010000 rw-p 00000000 fe:00 5 /x\n", 64)
            + Mapping("7f000000c000-7f0000011000 rw-p 0000c000 fe:00 5 /x\n", 20)
            + Mapping("7f0000002000-7f0000003000 rw-p 00000000 00:00 0 \n", 4));
        (table.Count, parser.Moved).ShouldBe((2, 2));
        table.Range(1).ShouldBe(AddressRange.Of(0x7f0000010000, 0x7f0000011000));
        table.Facts[1].HasFlag(BlockFlags.Clipped).ShouldBeTrue();
        table.Offsets[1].ShouldBe(0x10000UL);
        table.Get(Measure.TotalWs, 1).ShouldBe(0x1000UL);
        table.Get(Measure.Swap, 1).ShouldBe(0UL);
    }

    [Fact]
    public void Flags_nobody_knows_are_kept()
    {
        var (table, _, _) = Parse(Mapping(Header, flags: "rd zz 9q ac "));
        VmFlags.ToText(table.Flags[0]).Split(' ').Order().ShouldBe(["9q", "ac", "rd", "zz"]);
    }

    [Fact]
    public void Garbage_neither_crashes_nor_breaks_a_law()
    {
        var random = new Random(20260101);
        var text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 12)
            .Select(i => Mapping($"7f00000{i:x2}000-7f00000{i:x2}800 rw-p 00000000 fe:00 {i} /x\n", (ulong)i * 3))));
        for (var round = 0; round < 3000; round++)
        {
            var broken = text[..random.Next(text.Length + 1)];
            for (var change = random.Next(40); change > 0 && broken.Length > 0; change--)
                broken[random.Next(broken.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : text[random.Next(text.Length)];
            var (table, strings, _) = Parse(broken, random.Next(1, 5000));
            Check(table, strings, round);
        }
    }

    static void Check(BlockTable table, StringTable strings, int round)
    {
        using var recorded = new RecordedTarget(table, strings);
        var breaches = Laws.Check(new CapturePipeline(recorded, [], strings: strings).Capture()).ToList();
        breaches.ShouldBeEmpty($"round {round}");
    }

    /// <summary>Mappings that were parsed before, as a target.</summary>
    sealed class RecordedTarget(BlockTable table, StringTable strings) : ICaptureTarget
    {
        public ProcessFacts Process { get; } = new() { Pid = 0, Name = "recorded" };

        public SystemFacts System { get; } = new() { Kernel = "none" };

        public AddressSpaceLayout Layout { get; } = new(new Address(65536), new Address(0x7ffffffff000), new ByteSize(1 << 20));

        public void ReadMappings(BlockTable mappings, StringTable into, ICollection<Problem> problems)
        {
            into.ShouldBeSameAs(strings);
            mappings.AddRows(table, 0, table.Count);
        }

        public IReadOnlyDictionary<string, ulong> ReadCounters(ICollection<Problem> problems) => new Dictionary<string, ulong>();

        public void EnsureUnchanged()
        {
        }

        public void Dispose()
        {
        }
    }
}
