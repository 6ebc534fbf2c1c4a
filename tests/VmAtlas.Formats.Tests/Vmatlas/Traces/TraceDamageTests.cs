using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Testing;

namespace VmAtlas.Formats.Tests.Vmatlas.Traces;

/// <summary>Whatever stands in a file, reading it ends with what is whole or with one sentence.</summary>
public sealed class TraceDamageTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Damaged_bytes_cost_their_chunk_and_are_told()
    {
        var whole = Sample();
        var path = _folder.File("damaged.vmatlas");
        var random = new Random(11);
        for (var round = 0; round < 100; round++)
        {
            var bytes = (byte[])whole.Clone();
            for (var n = random.Next(1, 4); n > 0; n--)
                bytes[random.Next(30, bytes.Length)] ^= (byte)random.Next(1, 256);
            File.WriteAllBytes(path, bytes);
            var (_, problems) = LoadedTrace.ReadAll(path);
            problems.ShouldNotBeEmpty();
        }
    }

    [Fact]
    public void Contents_that_lie_under_a_right_checksum_are_refused_in_a_sentence()
    {
        var path = _folder.File("lying.vmatlas");
        var contents = Contents(Sample());
        var random = new Random(12);
        var told = 0;
        for (var round = 0; round < 200; round++)
        {
            using (var file = TimelineFile.Create(path))
            {
                foreach (var (type, plain, content) in contents)
                {
                    var bytes = (byte[])content.Clone();
                    if (type != ChunkType.Trace && bytes.Length > 0 && random.Next(3) == 0)
                        bytes[random.Next(Math.Min(bytes.Length, random.Next(2) == 0 ? 64 : int.MaxValue))] ^= (byte)random.Next(1, 256);
                    var buffer = new ByteBuffer();
                    buffer.Bytes(bytes);
                    file.Append(type, plain, buffer);
                }
            }
            var (traces, problems) = LoadedTrace.ReadAll(path);
            told += problems.Count;
            foreach (var trace in traces)
                CallTreeBuilder.Build(CallTreeShape.TopDown, trace.Store, trace.Store.Sites, trace.Frames).Count.ShouldBeGreaterThan(0);
        }
        told.ShouldBeGreaterThan(50);
    }

    [Fact]
    public void A_lost_chunk_is_noticed()
    {
        var path = _folder.File("lost.vmatlas");
        var contents = Contents(Sample());
        var lost = contents.FindIndex(c => c.Type == ChunkType.TraceEvents);
        using (var file = TimelineFile.Create(path))
        {
            foreach (var (type, plain, content) in contents.Where((_, i) => i != lost))
            {
                var buffer = new ByteBuffer();
                buffer.Bytes(content);
                file.Append(type, plain, buffer);
            }
        }
        LoadedTrace.ReadAll(path).Problems.Single().Id.ShouldBe("lost-events");
    }

    [Fact]
    public void More_live_blocks_than_the_limit_are_refused()
    {
        var path = _folder.File("many.vmatlas");
        File.WriteAllBytes(path, Sample());
        Should.Throw<VmAtlasException>(() => LoadedTrace.ReadAll(path, new ReaderLimits { LiveBlocks = 100 })).Failure.ShouldBe(Failure.BadFile);
        LoadedTrace.ReadAll(path, new ReaderLimits { CallNodes = 10 }).Problems.ShouldContain(p => p.Message.Contains("call nodes where at most 10 can be"));
    }

    byte[] Sample()
    {
        var path = _folder.File("sample.vmatlas");
        var trace = new RandomTrace(3, 70_000);
        var store = new TraceStore(trace.Process);
        trace.Play(new Once(store));
        var frames = new NodeFrames(store.CallNodes, store.Modules);
        FrameResolution.ResolveAll(frames, store.CallNodes, store.Modules, new MadeUpSymbols());
        using (var file = TimelineFile.Create(path))
        {
            var recording = new TraceWriter(file).Begin(trace.Process);
            trace.Play(new Once(recording));
            recording.Symbols(frames, store.CallNodes);
        }
        return File.ReadAllBytes(path);
    }

    static List<(ChunkType Type, byte[] Plain, byte[] Content)> Contents(byte[] file)
    {
        var chunks = new List<(ChunkType, byte[], byte[])>();
        foreach (var (_, head, payload) in new ChunkScanner(new MemoryStream(file), ReaderLimits.Default, []).Scan(FileHead.Parse(file).Length))
            chunks.Add((head.Type, payload[..TraceChunkHead.Length], Chunk.Inflate(head, payload, TraceChunkHead.Length, ReaderLimits.Default)));
        return chunks;
    }
}
