using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using VmAtlas.Formats.Frame;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Formats.Tests.Frame;

public sealed class ColumnFrameTests
{
    /// <summary>Reads a frame as docs/frame.md says, not as the writer does.</summary>
    sealed class Decoded
    {
        readonly byte[] _bytes;
        readonly int _start;

        public Decoded(ColumnFrame frame)
        {
            var stream = new MemoryStream();
            frame.WriteToAsync(stream).AsTask().Wait();
            _bytes = stream.ToArray();
            _bytes.AsSpan(0, 4).SequenceEqual("VMF1"u8).ShouldBeTrue();
            var length = BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(4));
            (length % 8).ShouldBe(0);
            _start = 8 + length;
            Header = JsonDocument.Parse(_bytes.AsMemory(8, length)).RootElement;
            _bytes.LongLength.ShouldBe(frame.Length);
        }

        public JsonElement Header { get; }

        public int Rows => Header.GetProperty("rows").GetInt32();

        public IEnumerable<string> Names => Header.GetProperty("columns").EnumerateArray().Select(c => c.GetProperty("name").GetString()!);

        public double[] Column(string name)
        {
            var column = Header.GetProperty("columns").EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);
            if (IsZero(name))
                return new double[Rows];
            var at = _start + column.GetProperty("offset").GetInt32();
            (at % 8).ShouldBe(0);
            var bytes = _bytes.AsSpan(at);
            return column.GetProperty("type").GetString() switch
            {
                "u8" => [.. bytes[..Rows].ToArray().Select(b => (double)b)],
                "i32" => [.. MemoryMarshal.Cast<byte, int>(bytes)[..Rows].ToArray().Select(b => (double)b)],
                "u32" => [.. MemoryMarshal.Cast<byte, uint>(bytes)[..Rows].ToArray().Select(b => (double)b)],
                _ => MemoryMarshal.Cast<byte, double>(bytes)[..Rows].ToArray(),
            };
        }

        /// <summary>Said to be zero all over, without bytes.</summary>
        public bool IsZero(string name) =>
            Header.GetProperty("columns").EnumerateArray().Single(c => c.GetProperty("name").GetString() == name).TryGetProperty("zero", out _);

        public string[] Texts(string name) =>
            [.. Column(name).Select(i => Header.GetProperty("strings")[(int)i].GetString()!)];
    }

    static Snapshot Some() => new RandomSnapshots(31).With(300).Take();

    [Fact]
    public void Rows_are_the_details_tree()
    {
        var snapshot = Some();
        var frame = new Decoded(ColumnFrame.Of(snapshot));
        var row = 0;
        for (var r = 0; r < snapshot.Regions.Count; r++)
        {
            var region = snapshot.RegionAt(r);
            var parent = row;
            frame.Column("address")[row].ShouldBe(region.Start.Value);
            frame.Column("index")[row].ShouldBe(r);
            frame.Column("type")[row].ShouldBe((double)region.Type);
            frame.Column("blocks")[row].ShouldBe(region.MappingCount);
            frame.Column("protection")[row].ShouldBe((double)region.Protection);
            frame.Texts("details")[row].ShouldBe(region.Details);
            var children = (int)frame.Column("children")[row++];
            if (children == 0)
            {
                region.FirstBlock.ShouldBe(region.LastBlock);
                continue;
            }
            foreach (var block in region.Blocks)
            {
                frame.Column("index")[row].ShouldBe(block.Index);
                frame.Column("parent")[row].ShouldBe(parent);
                frame.Column("level")[row].ShouldBe(1);
                frame.Texts("name")[row].ShouldBe(block.Name);
                frame.Texts("vmFlags")[row++].ShouldBe(VmFlags.ToText(block.Flags));
            }
            (row - parent - 1).ShouldBe(children);
        }
        frame.Rows.ShouldBe(row);
    }

    [Fact]
    public void Measures_of_the_top_level_add_up_to_the_summary()
    {
        var snapshot = Some();
        var frame = new Decoded(ColumnFrame.Of(snapshot));
        var (levels, types) = (frame.Column("level"), frame.Column("type"));
        for (var m = 0; m < Measures.Count; m++)
        {
            var values = frame.Column(((Measure)m).JsonName());
            for (var t = MemoryType.Image; t <= MemoryType.PrivateData; t++)
            {
                var sum = Enumerable.Range(0, frame.Rows).Where(r => levels[r] == 0 && types[r] == (double)t).Sum(r => values[r]);
                sum.ShouldBe(snapshot.Summary[t].Measures[(Measure)m], $"{t} {(Measure)m}");
            }
        }
    }

    [Fact]
    public void A_column_that_is_zero_all_over_has_no_bytes()
    {
        Snapshot Of(ulong swap) => new SnapshotMaker()
            .Add(MemoryType.PrivateData, "", new BlockSpec(0x10000000, 0x10000) { Resident = 0x8000, Swap = swap }).Make();
        var (without, with) = (ColumnFrame.Of(Of(0)), ColumnFrame.Of(Of(4096)));
        new Decoded(without).IsZero("swap").ShouldBeTrue();
        new Decoded(with).IsZero("swap").ShouldBeFalse();
        new Decoded(with).Column("swap").ShouldBe([4096]);
        new Decoded(without).IsZero("size").ShouldBeFalse();
    }

    [Fact]
    public void An_absent_measure_has_no_column()
    {
        var maker = new RandomSnapshots(32).With(5);
        maker.Known.Remove(Measure.Pss);
        var frame = new Decoded(ColumnFrame.Of(maker.Take()));
        frame.Names.ShouldNotContain("pss");
        frame.Names.ShouldContain("ksm");
    }

    [Fact]
    public void Gaps_are_rows_where_asked_for_and_cover_the_rest_of_the_space()
    {
        var snapshot = Some();
        var frame = new Decoded(ColumnFrame.Of(snapshot, gaps: true));
        var (levels, sizes, addresses) = (frame.Column("level"), frame.Column("size"), frame.Column("address"));
        var top = Enumerable.Range(0, frame.Rows).Where(r => levels[r] == 0).ToList();
        top.Sum(r => sizes[r]).ShouldBe(snapshot.Layout.End.Value);
        top.Select(r => addresses[r]).ShouldBeInOrder();
        top.Count.ShouldBe(snapshot.Regions.Count + snapshot.Gaps.Count);
    }

    [Fact]
    public void An_empty_snapshot_is_an_empty_frame()
    {
        var frame = new Decoded(ColumnFrame.Of(new RandomSnapshots(33).With(0).Take()));
        frame.Rows.ShouldBe(0);
        frame.Column("size").ShouldBeEmpty();
    }

    [Fact]
    public void The_documented_columns_are_those_of_the_frame()
    {
        var documented = File.ReadLines(Path.Combine(Repository.Root, "docs", "frame.md"))
            .SkipWhile(line => !line.StartsWith("## Columns", StringComparison.Ordinal)).Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(line => line.Split('|')[1].Split(',').Select(name => name.Trim(' ', '`')));
        documented.ShouldBe(new Decoded(ColumnFrame.Of(Some())).Names);
    }
}
