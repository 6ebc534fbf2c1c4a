namespace VmAtlas.Model.Tests;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0UL)]
    [InlineData("4096", 4096UL)]
    [InlineData(" 64K ", 65536UL)]
    [InlineData("64 kb", 65536UL)]
    [InlineData("1.5 MiB", 1572864UL)]
    [InlineData("2G", 2147483648UL)]
    [InlineData("3TB", 3298534883328UL)]
    [InlineData("1P", 1125899906842624UL)]
    [InlineData("12B", 12UL)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    public void Reads_every_unit(string text, ulong bytes)
    {
        ByteSize.TryParse(text, out var size).ShouldBeTrue();
        size.Bytes.ShouldBe(bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("K")]
    [InlineData("-1")]
    [InlineData("1Bi")]
    [InlineData("1 X")]
    [InlineData("1KK")]
    [InlineData("18446744073709551616")]
    [InlineData("16384P")]
    [InlineData("1e3")]
    public void Refuses_what_is_no_size(string text) => ByteSize.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void Shows_whole_kibibytes_rounded_down_with_separators()
    {
        new ByteSize(1024 * 1024 + 1023).ToString().ShouldBe("1,024 K");
        new ByteSize(1023).ToString().ShouldBe("0 K");
        ByteSize.FromKib(3).ShouldBe(new ByteSize(3072));
    }

    [Fact]
    public void Arithmetic_is_checked_in_every_build()
    {
        Should.Throw<OverflowException>(() => new ByteSize(ulong.MaxValue) + new ByteSize(1));
        Should.Throw<OverflowException>(() => new ByteSize(0) - new ByteSize(1));
        Should.Throw<OverflowException>(() => ByteSize.FromKib(ulong.MaxValue));
    }
}

public sealed class AddressRangeTests
{
    [Fact]
    public void The_end_is_outside()
    {
        var range = AddressRange.Of(0x1000, 0x3000);
        range.Size.ShouldBe(new ByteSize(0x2000));
        range.Contains(new Address(0x1000)).ShouldBeTrue();
        range.Contains(new Address(0x2fff)).ShouldBeTrue();
        range.Contains(new Address(0x3000)).ShouldBeFalse();
        range.Overlaps(AddressRange.Of(0x3000, 0x4000)).ShouldBeFalse();
        range.Overlaps(AddressRange.Of(0x2fff, 0x4000)).ShouldBeTrue();
        range.Contains(AddressRange.Of(0x2000, 0x3000)).ShouldBeTrue();
        range.ToString().ShouldBe("0000000000001000-0000000000003000");
    }

    [Fact]
    public void The_common_part_of_ranges_apart_is_empty()
    {
        AddressRange.Of(0x1000, 0x3000).Intersect(AddressRange.Of(0x2000, 0x9000)).ShouldBe(AddressRange.Of(0x2000, 0x3000));
        AddressRange.Of(0x1000, 0x3000).Intersect(AddressRange.Of(0x5000, 0x9000)).IsEmpty.ShouldBeTrue();
        AddressRange.Of(0x5000, 0x9000).Intersect(AddressRange.Of(0x1000, 0x3000)).Size.ShouldBe(ByteSize.Zero);
    }
}
