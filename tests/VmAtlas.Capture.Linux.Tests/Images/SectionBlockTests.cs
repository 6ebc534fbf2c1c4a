using VmAtlas.Capture.Linux.Annotators.Images;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Tests.Images;

public sealed class SectionBlockTests
{
    static string Draw(params (string Name, ulong Start, ulong End)[] sections) => string.Join(" | ",
        SectionBlocks.Of(sections.Select(s => (s.Name, AddressRange.Of(s.Start, s.End))), 0x1000).Select(b => $"{b.Pages.Start.Value:x}-{b.Pages.End.Value:x} {b.Label}"));

    [Fact]
    public void Sections_smaller_than_a_page_share_a_block_named_by_all() =>
        Draw((".init", 0x1000, 0x1017), (".plt", 0x1020, 0x1300), (".text", 0x1300, 0x5800), (".fini", 0x5800, 0x5809))
            .ShouldBe("1000-6000 .init .plt .text .fini");

    [Fact]
    public void Large_sections_are_cut_at_the_nearer_page_border()
    {
        Draw((".a", 0x1000, 0x3200), (".b", 0x3200, 0x6000)).ShouldBe("1000-3000 .a | 3000-6000 .b");
        Draw((".a", 0x1000, 0x3900), (".b", 0x3900, 0x6000)).ShouldBe("1000-4000 .a | 4000-6000 .b");
    }

    [Fact]
    public void Sections_on_pages_of_their_own_are_blocks_of_their_own() =>
        Draw((".a", 0x1000, 0x2000), (".b", 0x2000, 0x3000), (".c", 0x8000, 0x8001)).ShouldBe("1000-2000 .a | 2000-3000 .b | 8000-9000 .c");

    [Fact]
    public void A_label_of_very_many_sections_ends()
    {
        var label = SectionBlocks.Of(Enumerable.Range(0, 200).Select(i => ($".section{i}", AddressRange.Of((ulong)i, (ulong)i + 1))), 0x1000).Single().Label;
        label.Length.ShouldBeLessThan(130);
        label.ShouldEndWith("…");
    }

    [Fact]
    public void Blocks_never_overlap_whatever_the_sections()
    {
        var random = new Random(3);
        for (var round = 0; round < 3000; round++)
        {
            var sections = Enumerable.Range(0, random.Next(1, 12)).Select(i => (Start: (ulong)random.Next(0x9000), i)).OrderBy(s => s.Start)
                .Select(s => ($"{s.i}", AddressRange.Of(s.Start, s.Start + (ulong)random.Next(1, 0x4000))));
            var end = 0UL;
            foreach (var (pages, _) in SectionBlocks.Of(sections, 0x1000))
            {
                pages.IsEmpty.ShouldBeFalse();
                pages.Start.Value.ShouldBeGreaterThanOrEqualTo(end);
                end = pages.End.Value;
            }
        }
    }
}
