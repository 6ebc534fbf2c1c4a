using VmAtlas.Formats.Etl;

namespace VmAtlas.Formats.Tests.Etl;

public sealed class XpressTests
{
    /// <summary>The examples of [MS-XCA] 3.1 and 3.2.</summary>
    [Fact]
    public void The_specification_s_examples_are_unpacked()
    {
        Unpack([0x3f, 0, 0, 0, .. "abcdefghijklmnopqrstuvwxyz"u8], 26).ShouldBe("abcdefghijklmnopqrstuvwxyz"u8.ToArray());
        var repeated = Enumerable.Repeat("abc"u8.ToArray(), 100).SelectMany(b => b).ToArray();
        Unpack([0xff, 0xff, 0xff, 0x1f, 0x61, 0x62, 0x63, 0x17, 0x00, 0x0f, 0xff, 0x26, 0x01], 300).ShouldBe(repeated);
    }

    [Fact]
    public void What_is_damaged_is_refused()
    {
        var random = new Random(2);
        for (var i = 0; i < 20_000; i++)
        {
            var packed = new byte[random.Next(64)];
            random.NextBytes(packed);
            try
            {
                Unpack(packed, random.Next(512));
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    static byte[] Unpack(byte[] packed, int length)
    {
        var unpacked = new byte[length];
        Xpress.Unpack(packed, unpacked);
        return unpacked;
    }
}
