using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;

namespace VmAtlas.Formats.Tests.Vmatlas;

/// <summary>Each limit refuses what is beyond it, and not what is within.</summary>
public sealed class LimitTests
{
    readonly byte[] _bytes;

    public LimitTests()
    {
        var stream = new MemoryStream();
        using (var writer = new TimelineWriter(stream, "test"))
        {
            var maker = new RandomSnapshots(81).With(100);
            var first = maker.Take();
            first.Blocks.SetLabel(0, first.Strings.Intern(new string('x', 60)));
            writer.Append(first);
            writer.Append(maker.Age(5).Take());
        }
        _bytes = stream.ToArray();
    }

    /// <summary>Each limit, a value that holds the file, and what the message says when one less does not.</summary>
    public static TheoryData<string, Func<int, ReaderLimits>, int, string> Limits => new()
    {
        { "rows", n => new() { Rows = n }, 100, "rows" },
        { "tables", n => new() { Tables = n }, 9, "tables" },
        { "columns", n => new() { Columns = n }, 30, "columns" },
        { "name bytes", n => new() { NameBytes = n }, 17, "bytes of a name" },
        { "text bytes", n => new() { TextBytes = n }, 60, "bytes of a text" },
    };

    [Theory]
    [MemberData(nameof(Limits), DisableDiscoveryEnumeration = true)]
    public void A_limit_holds_what_is_at_it_and_refuses_one_more(string what, Func<int, ReaderLimits> limits, int enough, string message)
    {
        Load(limits(enough)).ShouldBe("", what);
        Load(limits(enough - 1)).ShouldContain(message, Case.Sensitive, what);
    }

    [Fact]
    public void Bytes_of_chunks_and_contents_values_and_texts_are_limited_too()
    {
        Load(new() { Values = 3000 }).ShouldBe("");
        Load(new() { Values = 1000 }).ShouldContain("snapshot 0");
        Load(new() { InflatedBytes = 100_000 }).ShouldBe("");
        Load(new() { InflatedBytes = 1000 }).ShouldContain("inflates");
        Load(new() { StringBytes = 100_000 }).ShouldBe("");
        Load(new() { StringBytes = 100 }).ShouldContain("texts are more");
        Load(new() { Strings = 200 }).ShouldBe("");
        Load(new() { Strings = 10 }).ShouldContain("texts where at most");
        Load(new() { ChunkBytes = 100_000 }).ShouldBe("");
        Load(new() { ChunkBytes = 1000 }).ShouldContain("damaged");
        Load(new() { Chunks = 4 }).ShouldBe("");
        Load(new() { Chunks = 1 }).ShouldContain("chunks");
    }

    [Fact]
    public void A_limit_that_is_none_is_a_mistake_of_the_caller()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new ReaderLimits { Rows = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => new ReaderLimits { Values = -1 });
    }

    [Fact]
    public void A_small_chunk_that_would_inflate_to_much_is_refused_before_memory_is_taken()
    {
        var head = new ChunkHead(ChunkType.KeyFrame, Inflated: 100 << 20, Stored: 50, Crc: 0);
        Should.Throw<InvalidDataException>(() => Chunk.Inflate(head, new byte[50], 0, ReaderLimits.Default)).Message.ShouldContain("inflates to");
    }

    [Fact]
    public void A_chunk_that_inflates_to_more_or_less_than_it_says_is_refused()
    {
        var content = new ByteBuffer();
        content.Bytes(new byte[5000]);
        var chunk = new ByteBuffer();
        Chunk.Write(ChunkType.Strings, default, content, chunk);
        var payload = chunk.Written[ChunkHead.Length..].ToArray();
        var head = ChunkHead.Parse(chunk.Written);
        Chunk.Inflate(head, payload, 0, ReaderLimits.Default).Length.ShouldBe(5000);
        Should.Throw<InvalidDataException>(() => Chunk.Inflate(head with { Inflated = 4999 }, payload, 0, ReaderLimits.Default));
        Should.Throw<InvalidDataException>(() => Chunk.Inflate(head with { Inflated = 5001 }, payload, 0, ReaderLimits.Default));
    }

    /// <summary>All that reading complains of, in one text; empty when nothing.</summary>
    string Load(ReaderLimits limits)
    {
        var complaints = new List<string>();
        try
        {
            using var timeline = new TimelineReader(new MemoryStream(_bytes), "test", limits);
            complaints.AddRange(timeline.Problems.Select(p => p.Message));
            for (var i = 0; i < timeline.Count; i++)
                timeline.Load(i);
        }
        catch (VmAtlasException e)
        {
            complaints.Add(e.Message);
        }
        return string.Join('\n', complaints);
    }
}
