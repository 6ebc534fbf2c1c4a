using VmAtlas.Capture.Clr.Wire;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Tests;

public sealed class WireTests
{
    static ManagedReport Sample(int ranges = 3, int types = 2) => new()
    {
        Evidence = ManagedEvidence.Debugger,
        RuntimeVersion = "10.0.12",
        IsServer = true,
        HasRegions = null,
        Ranges = [.. Enumerable.Range(0, ranges).Select(i => new ManagedRange(0x1000UL * (ulong)(i + 1), 0x1000UL * (ulong)(i + 1) + 8, ManagedKind.Large, ManagedState.Used, (short)(i % 3 - 1)))],
        Objects = new HeapStatistics
        {
            Types = [.. Enumerable.Range(0, types).Select(i => new TypeStatistics($"Type<{i}>", i, i * 24L))],
            Generations = [new(ManagedKind.Generation0, 1, 24, 2, 48), new(ManagedKind.Large, 3, 5, 7, 9)],
            SkippedBytes = 8,
        },
    };

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 2)]
    [InlineData(100_000, 70_000)]
    public void What_is_written_is_read(int ranges, int types)
    {
        var report = Sample(ranges, types);
        var read = Read(Write(report));
        (read with { Ranges = [], Objects = null }).ShouldBe(report with { Ranges = [], Objects = null });
        read.Ranges.ShouldBe(report.Ranges);
        read.Objects!.Types.ShouldBe(report.Objects!.Types);
        read.Objects.Generations.ShouldBe(report.Objects.Generations);
        read.Objects.SkippedBytes.ShouldBe(8);
    }

    [Fact]
    public void Names_are_cut_and_never_refused()
    {
        var long_ = Sample() with { Objects = Sample().Objects! with { Types = [new(new string('x', 5000), 1, 24)] } };
        Read(Write(long_)).Objects!.Types.Single().Name.Length.ShouldBe(WireLimits.TextBytes);
    }

    [Fact]
    public void Ranges_out_of_order_are_refused()
    {
        var ranges = Sample().Ranges.Reverse().ToList();
        Should.Throw<InvalidDataException>(() => Read(Write(Sample() with { Ranges = ranges }))).Message.ShouldContain("not in order");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1L << 48)]
    public void Counts_no_heap_can_have_are_refused(long count) =>
        Should.Throw<InvalidDataException>(() => Read(Write(Sample() with { Objects = Sample().Objects! with { Types = [new("T", count, 1)] } })));

    [Fact]
    public void A_stream_damaged_anywhere_is_read_right_or_refused()
    {
        var good = Write(Sample());
        var random = new Random(20250101);
        for (var i = 0; i < 20_000; i++)
        {
            var bad = good.ToArray();
            for (var n = random.Next(1, 4); n > 0; n--)
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            try
            {
                var report = Read(random.Next(4) == 0 ? bad[..random.Next(bad.Length)] : bad);
                for (var r = 1; r < report.Ranges.Count; r++)
                    report.Ranges[r].Start.ShouldBeGreaterThanOrEqualTo(report.Ranges[r - 1].End);
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException or AnnotatorUnavailableException)
            {
                // refused, which is right
            }
        }
    }

    static byte[] Write(ManagedReport report)
    {
        var stream = new MemoryStream();
        ReportWriter.Write(new FrameWriter(stream), report);
        return stream.ToArray();
    }

    static ManagedReport Read(byte[] bytes) => ReportReader.Read(new FrameReader(new MemoryStream(bytes)));
}
