using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;

namespace VmAtlas.Formats.Tests.Vmatlas;

/// <summary>Files cut short, overwritten, forged: what is whole is read, what is not is told, and nothing but a VmAtlasException comes out.</summary>
public sealed class DamageTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly List<Snapshot> _taken;
    readonly byte[] _bytes;

    public DamageTests()
    {
        var maker = new RandomSnapshots(41).With(12);
        _taken = [.. Enumerable.Range(0, 4).Select(_ => maker.Age(2).Take())];
        maker.Known.Remove(Measure.Ksm); // other columns: the fifth snapshot is a key frame
        _taken.AddRange(Enumerable.Range(0, 3).Select(_ => maker.Age(2).Take()));
        _bytes = Written(_taken);
    }

    public void Dispose() => _folder.Dispose();

    byte[] Written(IEnumerable<Snapshot> snapshots)
    {
        var path = _folder.File("whole.vmatlas");
        TimelineFile.Save(path, snapshots);
        return File.ReadAllBytes(path);
    }

    static TimelineReader Open(byte[] bytes, ReaderLimits? limits = null) =>
        new(new MemoryStream(bytes, writable: false), "test", limits ?? ReaderLimits.Default);

    /// <summary>Offsets and types of the chunks, by the layout alone.</summary>
    static List<(int At, string Type, int Length)> Chunks(byte[] bytes)
    {
        var chunks = new List<(int, string, int)>();
        var at = 16 + BitConverter.ToUInt16(bytes, 14);
        while (at < bytes.Length)
        {
            var length = 16 + BitConverter.ToInt32(bytes, at + 8);
            chunks.Add((at, System.Text.Encoding.ASCII.GetString(bytes, at, 4), length));
            at += length;
        }
        return chunks;
    }

    [Fact]
    public void Cut_at_every_byte_all_whole_snapshots_are_read_and_the_tail_is_told()
    {
        var ends = Chunks(_bytes).Where(c => c.Type != "STRS").Select(c => c.At + c.Length).ToList();
        var starts = Chunks(_bytes).Select(c => c.At).Append(_bytes.Length).ToHashSet();
        for (var length = Chunks(_bytes)[0].At; length < _bytes.Length; length++)
        {
            using var timeline = Open(_bytes[..length]);
            timeline.Count.ShouldBe(ends.Count(end => end <= length), $"cut at {length}");
            timeline.Problems.Select(p => p.Id).ShouldBe(starts.Contains(length) ? [] : ["torn-tail"], $"cut at {length}");
            if (timeline.Count > 0)
                timeline.Load(timeline.Count - 1).ShouldSayTheSameAs(_taken[timeline.Count - 1]);
        }
    }

    [Fact]
    public void Cut_within_its_head_it_is_refused()
    {
        for (var length = 0; length < Chunks(_bytes)[0].At; length++)
            Should.Throw<VmAtlasException>(() => Open(_bytes[..length])).Failure.ShouldBe(Failure.BadFile);
    }

    [Fact]
    public void A_damaged_chunk_in_the_middle_costs_what_builds_on_it_and_no_more()
    {
        var frames = Chunks(_bytes).Where(c => c.Type != "STRS").ToList();
        var second = frames.FindIndex(1, f => f.Type == "KEYF");
        second.ShouldBeGreaterThan(2, "a snapshot with other columns is a whole one");
        var bytes = (byte[])_bytes.Clone();
        bytes[frames[1].At + 20] ^= 4;
        using var timeline = Open(bytes);
        timeline.Count.ShouldBe(_taken.Count - (second - 1));
        timeline.Problems.Count(p => p.Id == "damaged-chunk").ShouldBe(1);
        timeline.Problems.Count(p => p.Id == "lost-snapshot").ShouldBe(second - 2);
        timeline.Load(0).ShouldSayTheSameAs(_taken[0]);
        for (var i = 1; i < timeline.Count; i++)
            timeline.Load(i).ShouldSayTheSameAs(_taken[second + i - 1]);
    }

    [Fact]
    public void A_damaged_length_is_passed_over_to_the_next_whole_chunk()
    {
        var frames = Chunks(_bytes).Where(c => c.Type != "STRS").ToList();
        var bytes = (byte[])_bytes.Clone();
        bytes[frames[1].At + 8] ^= 0xff;
        bytes[frames[1].At + 10] ^= 0xff;
        using var timeline = Open(bytes);
        timeline.Count.ShouldBeGreaterThan(1);
        timeline.Problems.ShouldContain(p => p.Id == "damaged-chunk");
        timeline.Load(timeline.Count - 1).ShouldSayTheSameAs(_taken[^1]);
    }

    [Fact]
    public void Lost_texts_are_shown_as_lost_and_all_else_stays_right()
    {
        var label = _taken[2].Strings.Intern("a label of the third snapshot");
        _taken[2].Blocks.SetLabel(0, label);
        var bytes = Written(_taken);
        var chunks = Chunks(bytes);
        var third = chunks.FindIndex(c => c == chunks.Where(f => f.Type != "STRS").ElementAt(2));
        chunks[third - 1].Type.ShouldBe("STRS");
        bytes[chunks[third - 1].At + 18] ^= 1;
        using var timeline = Open(bytes);
        timeline.Problems.Select(p => p.Id).ShouldBe(["damaged-chunk"]);
        timeline.Load(1).ShouldSayTheSameAs(_taken[1]);
        var loaded = timeline.Load(2);
        loaded.BlockAt(0).Label.ShouldContain("damaged part of the file");
        loaded.Blocks.Starts.ToArray().ShouldBe(_taken[2].Blocks.Starts.ToArray());
        loaded.Summary.Total.Measures[Measure.Pss].ShouldBe(_taken[2].Summary.Total.Measures[Measure.Pss]);
    }

    [Fact]
    public void Without_the_first_texts_nothing_has_a_name_and_every_snapshot_is_a_named_error()
    {
        var bytes = (byte[])_bytes.Clone();
        bytes[Chunks(_bytes).First(c => c.Type == "STRS").At + 18] ^= 1;
        using var timeline = Open(bytes);
        timeline.Problems.ShouldContain(p => p.Id == "damaged-chunk");
        Should.Throw<VmAtlasException>(() => timeline.Load(0)).Failure.ShouldBe(Failure.BadFile);
    }

    [Fact]
    public void Chunks_of_a_kind_not_known_are_passed_over()
    {
        var content = new ByteBuffer();
        content.Text("allocations of a later version");
        var chunk = new ByteBuffer();
        Chunk.Write((ChunkType)0x434F4C41, default, content, chunk);
        var at = Chunks(_bytes)[2].At;
        byte[] bytes = [.. _bytes[..at], .. chunk.Written, .. _bytes[at..]];
        using var timeline = Open(bytes);
        timeline.Problems.ShouldBeEmpty();
        timeline.Count.ShouldBe(_taken.Count);
        timeline.Load(5).ShouldSayTheSameAs(_taken[5]);
    }

    [Fact]
    public void A_newer_version_is_refused_naming_both_numbers()
    {
        var bytes = (byte[])_bytes.Clone();
        bytes[12] = 99;
        var error = Should.Throw<VmAtlasException>(() => Open(bytes));
        error.Failure.ShouldBe(Failure.BadFile);
        error.Message.ShouldContain("version 99");
        error.Message.ShouldContain($"version {FormatVersion.Current}");
        bytes[12] = 0;
        Should.Throw<VmAtlasException>(() => Open(bytes)).Failure.ShouldBe(Failure.BadFile);
    }

    [Fact]
    public void A_file_of_another_kind_is_refused()
    {
        var path = _folder.File("not.vmatlas");
        File.WriteAllText(path, "just text\n");
        var error = Should.Throw<VmAtlasException>(() => TimelineFile.Open(path));
        error.Failure.ShouldBe(Failure.BadFile);
        error.Message.ShouldContain(path);
        Should.Throw<VmAtlasException>(() => TimelineFile.Open(_folder.File("none"))).Failure.ShouldBe(Failure.NotFound);
    }

    [Fact]
    public void The_name_of_the_writer_can_not_harm_a_terminal()
    {
        var bytes = (byte[])_bytes.Clone();
        bytes[12] = 99;
        bytes[16] = 0x1b;
        Should.Throw<VmAtlasException>(() => Open(bytes)).Message.ShouldNotContain("\x1b");
    }

    [Fact]
    public void Bits_flipped_anywhere_give_right_snapshots_or_a_named_error()
    {
        for (var at = 0; at < _bytes.Length; at++)
        {
            var bytes = (byte[])_bytes.Clone();
            bytes[at] ^= (byte)(1 << at % 8);
            LoadAll(bytes);
        }
    }

    /// <summary>Checksums made right again after the damage: what lies behind them must withstand anything.</summary>
    [Theory]
    [InlineData(51)]
    [InlineData(52)]
    [InlineData(53)]
    public void Forged_contents_with_right_checksums_give_snapshots_or_a_named_error(int seed)
    {
        var random = new Random(seed);
        var chunks = Chunks(_bytes);
        for (var round = 0; round < 500; round++)
        {
            var file = new ByteBuffer();
            file.Bytes(_bytes.AsSpan(0, chunks[0].At));
            var forged = random.Next(chunks.Count);
            for (var c = 0; c < chunks.Count; c++)
                Copy(chunks[c], c == forged ? random : null, file);
            LoadAll(file.Written.ToArray());
        }
    }

    void Copy((int At, string Type, int Length) chunk, Random? random, ByteBuffer into)
    {
        var head = ChunkHead.Parse(_bytes.AsSpan(chunk.At));
        var payload = _bytes.AsSpan(chunk.At + ChunkHead.Length, chunk.Length - ChunkHead.Length).ToArray();
        var plain = head.IsFrame ? FrameHead.Length : 0;
        var content = Chunk.Inflate(head, payload, plain, ReaderLimits.Default);
        for (var i = random?.Next(1, 4) ?? 0; i > 0; i--)
            content = Forge(content, random!);
        var buffer = new ByteBuffer();
        buffer.Bytes(content);
        Chunk.Write(head.Type, payload.AsSpan(0, plain), buffer, into);
    }

    static byte[] Forge(byte[] content, Random random)
    {
        if (content.Length == 0)
            return content;
        var at = random.Next(content.Length);
        switch (random.Next(5))
        {
            case 0:
                return content[..at];
            case 1:
                return [.. content[..at], .. content[random.Next(content.Length)..]];
            case 2:
                content[at] = 0xff;
                return content;
            case 3:
                return [.. content[..at], 0xff, 0xff, 0xff, 0xff, 0x7f, .. content[at..]];
            default:
                content[at] = (byte)random.Next(256);
                return content;
        }
    }

    [Fact]
    public void Garbage_behind_a_right_head_is_told_and_not_read()
    {
        var random = new Random(61);
        for (var round = 0; round < 200; round++)
        {
            var garbage = new byte[random.Next(5000)];
            random.NextBytes(garbage);
            for (var i = 0; i + 4 < garbage.Length; i += 97)
                "KEYF"u8.CopyTo(garbage.AsSpan(i));
            LoadAll([.. _bytes[..Chunks(_bytes)[0].At], .. garbage]);
        }
    }

    static void LoadAll(byte[] bytes)
    {
        try
        {
            using var timeline = Open(bytes);
            for (var i = 0; i < timeline.Count; i++)
                Load(timeline, i);
        }
        catch (VmAtlasException e)
        {
            e.Failure.ShouldBe(Failure.BadFile);
        }
    }

    /// <summary>What loads must also stand being looked at.</summary>
    static void Load(TimelineReader timeline, int index)
    {
        try
        {
            var snapshot = timeline.Load(index);
            _ = snapshot.Summary.Total;
            _ = Laws.Check(snapshot).Count();
            for (var r = 0; r < snapshot.Regions.Count; r++)
                _ = (snapshot.RegionAt(r).Details, snapshot.RegionAt(r).Annotator, snapshot.RegionAt(r).GetAll());
        }
        catch (VmAtlasException e)
        {
            e.Failure.ShouldBe(Failure.BadFile);
        }
    }
}
