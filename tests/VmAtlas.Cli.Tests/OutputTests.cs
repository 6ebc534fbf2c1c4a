using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Model;

namespace VmAtlas.Cli.Tests;

public sealed class OutputTests
{
    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("größe 日本", "größe 日本")]
    [InlineData("a\nb\tc\rd", "a\\nb\\tc\\rd")]
    [InlineData("\e[31mred", "\\x1b[31mred")]
    [InlineData("\u009b31m\u007f", "\\x9b31m\\x7f")]
    [InlineData("\u202eexe.gpj\u2066\u200f\ufeff\u2028", "\\u{202e}exe.gpj\\u{2066}\\u{200f}\\u{feff}\\u{2028}")]
    public void What_could_steer_a_terminal_is_written_out(string text, string safe) => Escape.Text(text).ShouldBe(safe);

    [Fact]
    public void Half_a_surrogate_pair_is_written_out() => Escape.Text($"a{'\ud800'}b").ShouldBe("a\\u{d800}b");

    [Theory]
    [InlineData("/usr/lib/x86_64-linux-gnu/libc.so.6", 20, "/usr/li…nu/libc.so.6")]
    [InlineData("short", 20, "short")]
    [InlineData("日本語日本語日本語", 9, "日…本語")]
    public void A_long_text_loses_its_middle(string text, int width, string cut)
    {
        Cut.Middle(text, width).ToString().ShouldBe(cut);
        CellWidth.Of(cut).ShouldBeLessThanOrEqualTo(width);
    }

    [Theory]
    [InlineData(0UL, "0")]
    [InlineData(1023UL, "0")]
    [InlineData(1_234_567UL * 1024, "1,234,567")]
    [InlineData((1UL << 40) - 1, "1,073,741,823")]
    [InlineData(1UL << 40, "1.0 T")]
    [InlineData((128UL << 40) - 4096, "127.9 T")]
    public void Amounts_are_whole_kibibytes_and_never_rounded_up(ulong bytes, string text)
    {
        var cell = new Cell();
        Figures.Kib(cell, bytes);
        cell.Text.ToString().ShouldBe(text);
    }

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("1s", 1)]
    [InlineData("1h30m", 5400)]
    [InlineData("1.5m", 90)]
    [InlineData("2d", 172800)]
    public void Lengths_of_time_are_read(string text, double seconds) => Durations.Parse(text, "--for").TotalSeconds.ShouldBe(seconds);

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("m")]
    [InlineData("-1s")]
    [InlineData("0s")]
    [InlineData("99999999d")]
    [InlineData("1.1.1s")]
    public void What_is_no_length_of_time_is_refused(string text) =>
        Should.Throw<VmAtlasException>(() => Durations.Parse(text, "--for")).Failure.ShouldBe(Failure.Usage);

    [Fact]
    public void A_bar_gives_each_type_its_part_of_the_scale()
    {
        var cells = new MemoryType[10];
        Bars.Fill([40, 0, 0, 20, 0, 0, 0, 0, 0, 0], 100, cells);
        cells.Count(c => c == MemoryType.Image).ShouldBe(4);
        cells.Count(c => c == MemoryType.Heap).ShouldBe(2);
        cells.Count(c => c == MemoryType.Free).ShouldBe(4);
    }

    [Theory]
    [InlineData("show", "show", 0)]
    [InlineData("show", "shw", 1)]
    [InlineData("show", "ps", 4)]
    public void Words_are_so_many_letters_apart(string a, string b, int distance) => EditDistance.Between(a, b).ShouldBe(distance);

    [Fact]
    public void Each_type_has_a_letter_and_a_256_colour_of_its_own()
    {
        var types = Enum.GetValues<MemoryType>();
        types.Select(Palette.Letter).Distinct().Count().ShouldBe(types.Length);
        types.Select(t => Palette.Colour(t).To256()).Distinct().Count().ShouldBe(types.Length);
    }
}
