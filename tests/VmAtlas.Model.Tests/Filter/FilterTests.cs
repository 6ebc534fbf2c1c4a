using VmAtlas.Testing;

namespace VmAtlas.Model.Tests;

/// <summary>Filters over <see cref="Snapshots.Sample"/>, each with the details of the regions it finds.</summary>
public sealed class FilterTests
{
    static readonly Snapshot s_sample = Snapshots.Sample().Make();

    [Theory]
    [InlineData("type = heap", "[heap]|glibc arena 1")]
    [InlineData("type = \"Mapped File\"", "/usr/share/locale/locale-archive")]
    [InlineData("type = mapped-file or type = shareable", "/usr/share/locale/locale-archive|memfd:frames")]
    [InlineData("type in (stack, shareable)", "thread 4712 (worker)|memfd:frames|main thread")]
    [InlineData("type not in (image, heap, stack)", "GC heap|/usr/share/locale/locale-archive|memfd:frames|")]
    [InlineData("type != image and type != heap and not type = stack", "GC heap|/usr/share/locale/locale-archive|memfd:frames|")]
    [InlineData("type ~ heap", "[heap]|glibc arena 1|GC heap")]
    [InlineData("private > 10M", "GC heap")]
    [InlineData("private > 10 MiB", "GC heap")]
    [InlineData("Total WS >= 512K and total ws < 1M", "memfd:frames")]
    [InlineData("rss = 0x8000 or rss = 12288", "")]
    [InlineData("private >= 50%", "GC heap")]
    [InlineData("swap > 0", "[heap]")]
    [InlineData("swap != 0", "[heap]")]
    [InlineData("blocks in (2, 3)", "glibc arena 1|thread 4712 (worker)|/lib/libc.so.6")]
    [InlineData("size = 64M", "glibc arena 1")]
    [InlineData("address = 7ffff7f00000", "memfd:frames")]
    [InlineData("start >= 0x7ffff7fa0000", "|[vdso]|main thread")]
    [InlineData("end <= 555555560000", "/usr/bin/sample")]
    [InlineData("at 555555555123", "/usr/bin/sample")]
    [InlineData("at 7ffff7dc0000", "/usr/share/locale/locale-archive")]
    [InlineData("at 42", null)]
    [InlineData("libc", "glibc arena 1|/lib/libc.so.6")]
    [InlineData("\"thread 4712\"", "thread 4712 (worker)")]
    [InlineData("details ~ \"LIB/\"", "/lib/libc.so.6")]
    [InlineData("details = \"\"", "")]
    [InlineData("details matches \"^/lib/.*\\.so\\.\\d$\"", "/lib/libc.so.6")]
    [InlineData("details !~ / and details !~ [", "glibc arena 1|GC heap|thread 4712 (worker)|memfd:frames||main thread")]
    [InlineData("reason ~ 'control block'", "thread 4712 (worker)")]
    [InlineData("annotator = test and details = '[heap]'", "[heap]")]
    [InlineData("protection has x and protection has w", "/usr/bin/sample|/lib/libc.so.6")]
    [InlineData("protection = r-xp", "[vdso]")]
    [InlineData("protection = rw-s", "memfd:frames")]
    [InlineData("protection has s", "memfd:frames")]
    [InlineData("protection ~ write and protection !~ x and protection has p", "[heap]|glibc arena 1|GC heap|thread 4712 (worker)||main thread")]
    [InlineData("protection = Read", "/usr/share/locale/locale-archive")]
    [InlineData("flags has lo", "")]
    [InlineData("vmflags has \"gd ac\"", "main thread")]
    [InlineData("flags not has ac and flags has sh", "memfd:frames")]
    [InlineData("flags has zz", null)]
    [InlineData("marks has deleted", "memfd:frames")]
    [InlineData("marks has guard", "thread 4712 (worker)")]
    [InlineData("name ~ sample", "/usr/bin/sample")]
    [InlineData("label = .bss", "/usr/bin/sample")]
    [InlineData("label = .data and label != .bss", "/lib/libc.so.6")]
    [InlineData("inode = 12", "/lib/libc.so.6")]
    [InlineData("device = fe:01 and inode > 12", "/usr/share/locale/locale-archive")]
    [InlineData("offset = 1d0000", "/lib/libc.so.6")]
    [InlineData("pagesize != 4K", null)]
    [InlineData("fact.thread-id = 4711", "main thread")]
    [InlineData("fact.thread-id >= 4711", "thread 4712 (worker)|main thread")]
    [InlineData("fact.stack-depth = 8K", "thread 4712 (worker)")]
    [InlineData("fact.arena != main", "glibc arena 1")]
    [InlineData("fact.build-id ~ FEE", "/usr/bin/sample")]
    [InlineData("(type = heap || type = stack) && !(rss > 50K)", "thread 4712 (worker)|main thread")]
    [InlineData("type = heap or type = stack and rss < 20K", "[heap]|glibc arena 1|main thread")]
    [InlineData("not not type = heap", "[heap]|glibc arena 1")]
    [InlineData("size > 0%", "/usr/bin/sample|[heap]|glibc arena 1|GC heap|thread 4712 (worker)|/lib/libc.so.6|/usr/share/locale/locale-archive|memfd:frames||[vdso]|main thread")]
    [InlineData("size < 0", null)]
    [InlineData("size > 18446744073709551615", null)]
    public void Finds_regions(string filter, string? details)
    {
        var rows = new SnapshotRows(s_sample, RowLevel.Region);
        var found = FilterExpression.Parse(filter).Select(rows).Select(r => s_sample.RegionAt(r).Details);
        found.ShouldBe(filter.StartsWith("rss = 0x8000") ? [""] : details?.Split('|') ?? []);
    }

    [Theory]
    [InlineData("type = image and protection has x", ".text|.text|")]
    [InlineData("label = guard or label = reserved", "reserved|guard")]
    [InlineData("at 55555555d010", ".data")]
    [InlineData("fact.thread-id = 4712", "guard|")]
    [InlineData("flags has lo and blocks = 1", "")]
    public void Finds_blocks(string filter, string labels)
    {
        var rows = new SnapshotRows(s_sample, RowLevel.Block);
        FilterExpression.Parse(filter).Select(rows).Select(b => s_sample.BlockAt(b).Label).ShouldBe(labels.Split('|'));
    }

    [Theory]
    [InlineData("", 0, "expected a column, a word, not, at, or a parenthesis")]
    [InlineData("   ", 3, "expected a column")]
    [InlineData("privat > 5", 0, "there is no column \"privat\": did you mean private?")]
    [InlineData("private >", 9, "expected a value")]
    [InlineData("private > and", 10, "expected a value, found \"and\"")]
    [InlineData("private > ten", 10, "expected a size like 64K")]
    [InlineData("private ~ 5", 8, "private is a number")]
    [InlineData("private > 5 type = heap", 12, "expected and, or, or the end, found \"type\"")]
    [InlineData("type = haep", 7, "did you mean Heap?")]
    [InlineData("type > heap", 5, "type is text")]
    [InlineData("(type = heap", 12, "expected and, or, or a closing parenthesis")]
    [InlineData("type = heap)", 11, "expected and, or, or the end, found \")\"")]
    [InlineData("type in heap", 8, "expected a list in parentheses")]
    [InlineData("type in (heap stack)", 14, "expected a comma or a closing parenthesis")]
    [InlineData("details = \"x", 10, "this quote is never closed")]
    [InlineData("details matches \"(\"", 16, "the pattern can not be used")]
    [InlineData("details matches \"(?<=a)b\"", 16, "the pattern can not be used")]
    [InlineData("at noon", 3, "expected an address in hexadecimal")]
    [InlineData("inode = 1.5", 8, "expected a whole number")]
    [InlineData("device = 5", 9, "expected major and minor in hexadecimal")]
    [InlineData("protection has q", 15, "expected of r w x s p guard")]
    [InlineData("flags has locked", 10, "expected of rd wr ex")]
    [InlineData("flags > lo", 6, "flags is a set")]
    [InlineData("and", 0, "found \"and\"")]
    [InlineData("inode > 5%", 8, "expected a whole number")]
    public void Says_where_it_is_wrong_and_what_was_expected(string filter, int position, string message)
    {
        FilterExpression.TryParse(filter, out _, out var error).ShouldBeFalse();
        error!.Message.ShouldContain(message);
        error.Position.ShouldBe(position);
        Should.Throw<VmAtlasException>(() => FilterExpression.Parse(filter)).Failure.ShouldBe(Failure.Usage);
    }

    [Fact]
    public void A_column_the_snapshot_does_not_know_fits_nothing_whichever_way_it_is_asked()
    {
        var poor = new SnapshotMaker { Known = [Measure.TotalWs] }.Add(MemoryType.Heap, "", new BlockSpec(0x20000, 4096)).MakeUnchecked();
        foreach (var filter in (string[])["swap = 0", "swap != 0", "swap > 0", "swap < 5%", "swap in (0)"])
            FilterExpression.Parse(filter).Select(new SnapshotRows(poor, RowLevel.Region)).ShouldBeEmpty(filter);
        FilterExpression.Parse("swap = 0 and rss = 0").UsedColumns.ShouldBe([Columns.Of(Measure.Swap), Columns.Of(Measure.TotalWs)]);
    }

    [Fact]
    public void Nesting_and_length_are_bounded()
    {
        FilterExpression.TryParse(new string('(', 100) + "x" + new string(')', 100), out _, out _).ShouldBeTrue();
        FilterExpression.TryParse(new string('(', 101) + "x" + new string(')', 101), out _, out var deep).ShouldBeFalse();
        deep!.Message.ShouldContain("nested deeper than 100 levels");
        FilterExpression.TryParse(string.Join(' ', Enumerable.Repeat("not", 101)) + " x", out _, out _).ShouldBeFalse();
        FilterExpression.TryParse(new string('x', FilterExpression.MaxLength), out _, out _).ShouldBeTrue();
        FilterExpression.TryParse(new string('x', FilterExpression.MaxLength + 1), out _, out var tooLong).ShouldBeFalse();
        tooLong!.Message.ShouldContain("longer than");
        var chain = FilterExpression.Parse(string.Join(" or ", Enumerable.Repeat("b", 1900)));
        chain.Select(new SnapshotRows(s_sample, RowLevel.Region)).Length.ShouldBe(3);
    }

    [Fact]
    public void Random_text_is_a_filter_or_an_error_within_the_text_and_never_more()
    {
        string[] parts =
        [
            "type", "private", "details", "flags", "protection", "at", "in", "has", "matches", "and", "or", "not", "(", ")", ",", "=", "!=", "<", ">=",
            "~", "!~", "\"", "'", "10M", "5%", "7fff", "heap", "fact.x", " ", " ", "!", "&&", "|", "\\", "\0", "é", "\ud800", "0x", "999999999999999999999",
        ];
        var random = new Random(4711);
        var rows = new SnapshotRows(s_sample, RowLevel.Region);
        var good = 0;
        for (var n = 0; n < 20_000; n++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)] + (random.Next(2) == 0 ? " " : "")));
            if (FilterExpression.TryParse(text, out var filter, out var error))
                good += filter.Select(rows).Length >= 0 ? 1 : 0;
            else
                (error!.Position >= 0 && error.Position + error.Length <= text.Length).ShouldBeTrue(text);
            FilterExpression.Complete(text, random.Next(text.Length + 1)).Start.ShouldBeLessThanOrEqualTo(text.Length);
        }
        good.ShouldBeGreaterThan(500);
    }
}
