using VmAtlas.Formats.Vmatlas;

namespace VmAtlas.Formats.Tests.Vmatlas;

public sealed class CodecTests
{
    static readonly ulong[] s_edges =
        [0, 1, 127, 128, 16383, 16384, (1UL << 56) - 1, 1UL << 56, (1UL << 63) - 1, 1UL << 63, ulong.MaxValue - 1, ulong.MaxValue];

    static ulong Any(Random random) => random.Next(4) switch
    {
        0 => s_edges[random.Next(s_edges.Length)],
        1 => (ulong)random.NextInt64() >> random.Next(63),
        2 => (ulong)random.Next(100) << 12,
        _ => 0,
    };

    static ulong[] Decoded(ByteBuffer buffer, int rows)
    {
        var from = new ByteCursor(buffer.Written);
        var values = new ulong[rows];
        ColumnCodec.Decode(ref from, values);
        from.AtEnd.ShouldBeTrue();
        return values;
    }

    [Fact]
    public void Every_column_comes_back_whatever_is_in_it()
    {
        var random = new Random(121);
        for (var round = 0; round < 500; round++)
        {
            var values = Enumerable.Range(0, random.Next(60)).Select(_ => round % 3 == 0 ? s_edges[random.Next(s_edges.Length)] : Any(random)).ToArray();
            var buffer = new ByteBuffer();
            ColumnCodec.Encode(values, buffer);
            Decoded(buffer, values.Length).ShouldBe(values);
        }
    }

    [Fact]
    public void Changes_lead_from_any_column_to_any_other()
    {
        var random = new Random(122);
        for (var round = 0; round < 500; round++)
        {
            var old = Enumerable.Range(0, 1 + random.Next(60)).Select(_ => Any(random)).ToArray();
            var now = old.Select(v => random.Next(3) == 0 ? Any(random) : v).ToArray();
            var buffer = new ByteBuffer();
            ColumnCodec.EncodeChanges(old, now, buffer);
            var from = new ByteCursor(buffer.Written);
            ColumnCodec.ApplyChanges(ref from, old);
            old.ShouldBe(now);
            from.AtEnd.ShouldBeTrue();
        }
    }

    [Fact]
    public void Runs_of_rows_lead_from_any_table_to_any_other()
    {
        var random = new Random(123);
        for (var round = 0; round < 500; round++)
        {
            ulong[] old = [.. Keys()], now = [.. Keys()];
            var runs = new List<RowRun>();
            RowRuns.Compare(old, now, runs);
            var column = new ColumnImage("key");
            column.Reset(old.Length);
            old.CopyTo(column.Edit());
            column.MoveRows(runs, now.Length);
            // What was kept is in its new place; inserted rows are zero.
            for (var i = 0; i < now.Length; i++)
                column[i].ShouldBe(old.Contains(now[i]) ? now[i] : 0);
        }

        IEnumerable<ulong> Keys() => Enumerable.Range(1, 20).Where(_ => random.Next(2) == 0).Select(k => (ulong)k);
    }

    [Fact]
    public void A_regular_column_takes_about_a_byte_a_row()
    {
        var buffer = new ByteBuffer();
        ColumnCodec.Encode([.. Enumerable.Range(0, 1000).Select(i => 0x7f0000000000UL + (ulong)i * 4096)], buffer);
        buffer.Count.ShouldBeLessThan(1010);
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02 })]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01 })]
    public void A_number_that_does_not_end_or_is_too_large_is_refused(byte[] bytes) =>
        Should.Throw<InvalidDataException>(() => new ByteCursor(bytes).VarInt());

    [Theory]
    [InlineData("", 0u)]
    [InlineData("123456789", 0xCBF43926u)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x414FA339u)]
    public void The_checksum_is_zlibs(string text, uint crc)
    {
        var bytes = System.Text.Encoding.ASCII.GetBytes(text);
        Crc32.Append(0, bytes).ShouldBe(crc);
        for (var cut = 0; cut <= bytes.Length; cut++)
            Crc32.Append(Crc32.Append(0, bytes.AsSpan(0, cut)), bytes.AsSpan(cut)).ShouldBe(crc);
    }
}
