using System.Text;
using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Tests;

public sealed class PerfMapTests
{
    static PerfMap Read(string text) => PerfMap.Read(new MemoryBytes(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Names_are_those_of_the_last_line_for_an_address()
    {
        var map = Read("7f00 10 void [app] Old::Run()\n7f40 20 second piece of code\n7f00 8 New::Run\nnonsense\n0x8000 0x4 with prefix\n");
        map.Count.ShouldBe(4);
        map.NameAt(0x7f00).ShouldBe("New::Run");
        map.NameAt(0x7f07).ShouldBe("New::Run");
        map.NameAt(0x7f5f).ShouldBe("second piece of code");
        map.NameAt(0x7f60).ShouldBeNull();
        map.NameAt(0x7eff).ShouldBeNull();
        map.NameAt(0x8003).ShouldBe("with prefix");
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n\n")]
    [InlineData("ffffffffffffffff ffffffffffffffff x")]
    [InlineData("10 0 empty")]
    [InlineData("10 ")]
    [InlineData("10000000000000000000 1 too long")]
    public void A_line_without_sense_is_left_out(string text) => Read(text).Count.ShouldBe(0);
}
