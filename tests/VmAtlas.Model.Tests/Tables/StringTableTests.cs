using System.Text;

namespace VmAtlas.Model.Tests;

public sealed class StringTableTests
{
    [Fact]
    public void Number_zero_is_the_empty_text_and_equal_texts_have_one_number()
    {
        var strings = new StringTable();
        strings[0].ShouldBe("");
        strings.Intern("").ShouldBe(0);
        var a = strings.Intern("/lib/libc.so.6");
        strings.Intern("/lib/libc.so.6"u8).ShouldBe(a);
        strings.Intern("/lib/libc.so.7").ShouldNotBe(a);
        strings.Count.ShouldBe(3);
        strings.Utf8Length.ShouldBe(28);
        Should.Throw<ArgumentOutOfRangeException>(() => strings.Utf8(3));
        Should.Throw<ArgumentOutOfRangeException>(() => strings.Utf8(-1));
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_kept_and_shown_as_escapes()
    {
        var strings = new StringTable();
        byte[] odd = [(byte)'a', 0xff, (byte)'b', 0xc3, 0xa9, 0xe2, 0x82];
        var n = strings.Intern(odd);
        strings.Utf8(n).ToArray().ShouldBe(odd);
        strings[n].ShouldBe("a\\xffbé\\xe2\\x82");
    }

    [Fact]
    public void Keeps_every_text_while_it_grows()
    {
        var strings = new StringTable();
        var random = new Random(1);
        var known = new Dictionary<string, int>();
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string((char)('a' + random.Next(26)), random.Next(1, 40)) + random.Next(8000);
            var n = strings.Intern(text);
            known.TryAdd(text, n);
            known[text].ShouldBe(n);
        }
        var big = new string('é', 3000);
        strings[strings.Intern(big)].ShouldBe(big);
        foreach (var (text, n) in known)
            strings[n].ShouldBe(text);
        strings.Utf8Length.ShouldBe(known.Keys.Sum(Encoding.UTF8.GetByteCount) + 6000);
    }
}
