using VmAtlas.Model;

namespace VmAtlas.Model.Tests;

public sealed class AddressTests
{
    [Theory]
    [InlineData("7f12ab", 0x7f12abUL)]
    [InlineData("0x7F12AB", 0x7f12abUL)]
    [InlineData("00007ff6`1a2b0000", 0x7ff61a2b0000UL)]
    [InlineData("ffffffffff600000", 0xffffffffff600000UL)]
    public void Reads_every_usual_way_to_write_an_address(string text, ulong value)
    {
        Address.TryParse(text, out var address).ShouldBeTrue();
        address.Value.ShouldBe(value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("xyz")]
    [InlineData("-1")]
    [InlineData("11112222333344445")]
    public void Refuses_what_is_no_address(string text) => Address.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void Difference_of_addresses_is_a_checked_size()
    {
        (new Address(0x3000) - new Address(0x1000)).ShouldBe(new ByteSize(0x2000));
        Should.Throw<OverflowException>(() => new Address(0) - new Address(1));
    }
}
