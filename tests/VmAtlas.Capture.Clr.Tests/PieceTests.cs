using VmAtlas.Capture.Clr.Helper.Memory;
using VmAtlas.Capture.Clr.Wire;

namespace VmAtlas.Capture.Clr.Tests;

/// <summary>How the helper is told where the memory of a dump lies.</summary>
public sealed class PieceTests : IDisposable
{
    readonly string _file = Path.GetTempFileName();

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(200_000)]
    public void What_is_told_is_understood(int count)
    {
        var pieces = Enumerable.Range(0, count).Select(i => new SavedPiece((ulong)i * 8192, 4096, (ulong)i, i % 3 == 0 ? "/a" : "/b")).ToList();
        Read(Write(pieces)).ShouldBe(pieces);
    }

    [Fact]
    public void A_list_damaged_anywhere_is_read_or_refused()
    {
        var good = Write([new(0x1000, 0x1000, 0, "/a"), new(0x3000, 0x1000, 0x1000, "/b")]);
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            var bad = (byte[])good.Clone();
            bad[random.Next(bad.Length)] = (byte)random.Next(256);
            try
            {
                Read(bad);
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
            }
        }
    }

    [Fact]
    public void Memory_is_read_where_a_piece_has_it_across_pieces_that_touch()
    {
        File.WriteAllBytes(_file, [.. Enumerable.Range(0, 64).Select(i => (byte)i)]);
        using var memory = new SavedMemory([new(1000, 16, 0, _file), new(1016, 16, 32, _file), new(2000, 100, 60, _file), new(2050, 10, 0, _file)]);
        var bytes = new byte[8];
        memory.Read(1012, bytes).ShouldBe(8);
        bytes.ShouldBe([12, 13, 14, 15, 32, 33, 34, 35]);
        memory.Read(1028, bytes).ShouldBe(4, "the next piece does not touch");
        memory.Read(999, bytes).ShouldBe(0);
        memory.Read(2000, bytes).ShouldBe(4, "the file ends");
        memory.Read(2050, bytes).ShouldBe(0, "the first of two that overlap stands");
    }

    [Fact]
    public void What_is_no_regular_file_holds_nothing_and_is_not_opened()
    {
        using var memory = new SavedMemory([new(0x1000, 0x1000, 0, "/dev/zero"), new(0x3000, 0x1000, 0, "/nonexistent"), new(0x5000, 0x1000, 0, "/tmp")]);
        foreach (var address in (ulong[])[0x1000, 0x3000, 0x5000])
            memory.Read(address, new byte[8]).ShouldBe(0);
    }

    public void Dispose() => File.Delete(_file);

    static byte[] Write(IReadOnlyList<SavedPiece> pieces)
    {
        var stream = new MemoryStream();
        PieceFrames.Write(new FrameWriter(stream), pieces);
        return stream.ToArray();
    }

    static List<SavedPiece> Read(byte[] bytes) => PieceFrames.Read(new FrameReader(new MemoryStream(bytes)));
}
