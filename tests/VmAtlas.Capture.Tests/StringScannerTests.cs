using System.Text;
using VmAtlas.Model;

namespace VmAtlas.Capture.Tests;

public sealed class StringScannerTests
{
    const ulong Start = 0x10000;
    const int Page = 4096;

    [Fact]
    public void Finds_ascii_and_utf16_with_their_addresses()
    {
        var memory = new FakeMemory(1);
        memory.Put(100, "hello world"u8);
        memory.Put(300, Encoding.Unicode.GetBytes("wide größe"));
        memory.Put(601, Encoding.Unicode.GetBytes("odd one"));
        memory.Scan(4).ShouldBe([(Start + 100, StringEncoding.Ascii, "hello world"),
            (Start + 300, StringEncoding.Utf16, "wide größe"), (Start + 601, StringEncoding.Utf16, "odd one")], ignoreOrder: true);
    }

    [Theory]
    [InlineData("abc", 0)]
    [InlineData("abcd", 1)]
    public void Tells_no_run_shorter_than_asked_for(string text, int times)
    {
        var memory = new FakeMemory(1);
        memory.Put(8, Encoding.ASCII.GetBytes(text));
        memory.Scan(4).Count.ShouldBe(times);
    }

    [Fact]
    public void A_run_over_the_border_of_two_pages_is_one()
    {
        var memory = new FakeMemory(3);
        memory.Put(Page - 5, "across the border"u8);
        memory.Put((2 * Page) - 7, Encoding.Unicode.GetBytes("wide across"));
        memory.Scan(4).ShouldBe([(Start + Page - 5, StringEncoding.Ascii, "across the border"),
            (Start + (2 * Page) - 7, StringEncoding.Utf16, "wide across")], ignoreOrder: true);
    }

    /// <summary>Whatever pieces the source gives its memory in, the strings are the same.</summary>
    [Fact]
    public void Where_reads_end_makes_no_difference()
    {
        var random = new Random(20250301);
        var memory = new FakeMemory(8);
        random.NextBytes(memory.Bytes);
        for (var i = 0; i < 200; i++)
            memory.Put(random.Next(memory.Bytes.Length - 100), i % 2 == 0 ? "some text or other"u8 : Encoding.Unicode.GetBytes("wide text"));
        var whole = memory.Scan(4);
        whole.Count.ShouldBeGreaterThan(150);
        foreach (var most in (int[])[1, 2, 3, 17, 4095, 4097])
        {
            memory.MostAtOnce = most;
            memory.Scan(4).Order().ShouldBe(whole.Order(), $"reads of {most} bytes");
        }
    }

    [Fact]
    public void Reads_no_absent_page_and_ends_runs_there()
    {
        var memory = new FakeMemory(3) { Absent = { 1 } };
        memory.Put(Page - 4, "before inside and after"u8);
        memory.Put((2 * Page) - 3, "xyzafter"u8);
        memory.Scan(4).ShouldBe([(Start + Page - 4, StringEncoding.Ascii, "befo"), (Start + (2 * Page), StringEncoding.Ascii, "after")]);
        memory.PagesRead.ShouldNotContain(1);
    }

    [Fact]
    public void A_very_long_run_is_told_in_pieces_that_join()
    {
        var memory = new FakeMemory(4);
        memory.Bytes.AsSpan(10, 10_000).Fill((byte)'a');
        var told = memory.Scan(4);
        told.Select(t => t.Address).ShouldBe([Start + 10, Start + 10 + StringScanner.LongestRun, Start + 10 + (2 * StringScanner.LongestRun)]);
        told.Sum(t => t.Text.Length).ShouldBe(10_000);
    }

    /// <summary>Pages of memory at <see cref="Start"/>, some of them absent.</summary>
    sealed class FakeMemory(int pages) : IMemorySource, IPageSource
    {
        public byte[] Bytes { get; } = new byte[pages * Page];

        public HashSet<int> Absent { get; } = [];

        public HashSet<int> PagesRead { get; } = [];

        public int MostAtOnce { get; set; } = int.MaxValue;

        public ByteSize PageSize => new(Page);

        public void Put(int offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(Bytes.AsSpan(offset));

        public List<(ulong Address, StringEncoding Encoding, string Text)> Scan(int least)
        {
            var told = new List<(ulong, StringEncoding, string)>();
            new StringScanner(this, this, least, (address, encoding, text) => told.Add((address.Value, encoding, text.ToString())))
                .Scan(AddressRange.Of(Start, Start + (ulong)Bytes.Length), TestContext.Current.CancellationToken);
            return told;
        }

        public int Read(Address start, Span<byte> into)
        {
            var offset = (int)(start.Value - Start);
            var length = Math.Min(Math.Min(into.Length, MostAtOnce), Bytes.Length - offset);
            for (var page = offset / Page; page <= (offset + length - 1) / Page; page++)
                PagesRead.Add(page);
            Bytes.AsSpan(offset, length).CopyTo(into);
            return length;
        }

        public bool TryReadPages(AddressRange range, Span<PageState> states)
        {
            for (var i = 0; i < states.Length; i++)
                states[i] = Absent.Contains((int)((range.Start.Value - Start) / Page) + i) ? PageState.None : PageState.Present;
            return true;
        }

        public bool TryTally(AddressRange range, out PageTally tally) => throw new NotSupportedException();
    }
}
