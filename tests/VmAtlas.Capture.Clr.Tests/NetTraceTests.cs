using VmAtlas.Capture.Clr.Diagnostics;

namespace VmAtlas.Capture.Clr.Tests;

/// <summary>A stream of events that a runtime wrote, and what becomes of it when it is damaged.</summary>
public sealed class NetTraceTests
{
    const string Provider = "Microsoft-Windows-DotNETRuntime";

    [Fact]
    public void A_stream_damaged_anywhere_is_read_or_refused()
    {
        var good = Record();
        Read(good).ShouldNotBeNull().Count.ShouldBeGreaterThan(5);
        var random = new Random(4711);
        for (var i = 0; i < 20_000; i++)
        {
            var bad = good.ToArray();
            for (var n = random.Next(1, 6); n > 0; n--)
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            try
            {
                var ranges = Read(random.Next(4) == 0 ? bad[..random.Next(bad.Length)] : bad) ?? [];
                for (var r = 1; r < ranges.Count; r++)
                    ranges[r].Start.ShouldBeGreaterThanOrEqualTo(ranges[r - 1].End);
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
                // refused, which is right
            }
        }
    }

    static IReadOnlyList<Model.Managed.ManagedRange>? Read(byte[] bytes)
    {
        var ranges = new GenerationRanges();
        var reader = new NetTraceReader(new MemoryStream(bytes), Provider, ranges.Receive);
        reader.ReadHead();
        while (ranges.Told is null && reader.ReadNext())
        {
        }
        return ranges.Told;
    }

    /// <summary>What a real runtime sends for a collection, up to where the ranges are told.</summary>
    static byte[] Record()
    {
        const ulong keywords = 0x1 | 0x400000 | 0x800000;
        using var target = ClrTarget.Start();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var connection = DiagnosticsConnection.Ask(target.Pid, DiagnosticsMessage.StartSession(Provider, keywords, 4, 16), deadline.Token);
        DiagnosticsMessage.ReadAnswer(connection.Stream).Length.ShouldBe(8);
        var recorded = new MemoryStream();
        var ranges = new GenerationRanges();
        var reader = new NetTraceReader(new Tee(connection.Stream, recorded), Provider, ranges.Receive);
        reader.ReadHead();
        while (ranges.Told is null)
            reader.ReadNext().ShouldBeTrue();
        return recorded.ToArray();
    }

    /// <summary>Keeps a copy of what is read.</summary>
    sealed class Tee(Stream from, Stream copy) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = from.Read(buffer, offset, count);
            copy.Write(buffer, offset, read);
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
