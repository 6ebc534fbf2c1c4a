using System.Text;
using Shouldly;
using VmAtlas.Capture.Linux.Proc;
using Xunit;

namespace VmAtlas.Capture.Linux.Tests;

public sealed class ProcTextTests : IDisposable
{
    readonly string _file = Path.GetTempFileName();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20_000)]
    [InlineData(200_000)]
    public void A_text_taken_on_another_thread_is_the_same_text_in_the_same_order(int lines)
    {
        var text = Lines(lines, seed: 11);
        var taken = Read(text, ahead: true, out _);
        taken.ShouldBe(Read(text, ahead: false, out _));
        taken.ShouldBe(text);
    }

    [Fact]
    public void The_sink_is_called_by_one_thread_at_a_time_and_not_after_the_end()
    {
        File.WriteAllText(_file, Lines(200_000, seed: 5));
        var sink = new Collector { Delay = 1 };
        using (var file = File.OpenHandle(_file))
            new ProcText().ReadAhead(file, sink).ShouldBe(0);
        var seen = sink.Length;
        Thread.Sleep(20);
        sink.Length.ShouldBe(seen);
        sink.Overlapped.ShouldBeFalse();
        sink.Calls.ShouldBeGreaterThan(3);
    }

    [Fact]
    public void Only_a_long_text_is_said_to_be_long_and_only_once()
    {
        Read(Lines(1_000, seed: 1), ahead: true, out var calls);
        calls.ShouldBe(0);
        Read(Lines(200_000, seed: 1), ahead: true, out calls);
        calls.ShouldBe(1);
    }

    [Fact]
    public void An_error_of_the_sink_comes_out()
    {
        File.WriteAllText(_file, Lines(200_000, seed: 5));
        using var file = File.OpenHandle(_file);
        Should.Throw<InvalidDataException>(() => new ProcText().ReadAhead(file, new Collector { FailsAt = 2 }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_line_longer_than_any_of_the_kernel_is_refused(bool ahead) =>
        Should.Throw<InvalidDataException>(() => Read(new string('x', 2 << 20) + "\n", ahead, out _));

    public void Dispose() => File.Delete(_file);

    string Read(string text, bool ahead, out int longs)
    {
        File.WriteAllText(_file, text);
        var (sink, calls) = (new Collector(), 0);
        using var file = File.OpenHandle(_file);
        (ahead ? new ProcText().ReadAhead(file, sink, () => calls++) : new ProcText().Read(file, sink)).ShouldBe(0);
        longs = calls;
        return sink.Text;
    }

    static string Lines(int count, int seed)
    {
        var (random, text) = (new Random(seed), new StringBuilder());
        for (var i = 0; i < count; i++)
            text.Append(i).Append('x', random.Next(100)).Append('\n');
        return text.ToString();
    }

    sealed class Collector : ITextSink
    {
        readonly StringBuilder _text = new();
        int _inside;

        public int Delay { get; init; }

        public int FailsAt { get; init; }

        public int Calls { get; private set; }

        public bool Overlapped { get; private set; }

        public int Length => _text.Length;

        public string Text => _text.ToString();

        public int Take(ReadOnlySpan<byte> text)
        {
            Overlapped |= Interlocked.Increment(ref _inside) != 1;
            if (++Calls == FailsAt)
                throw new InvalidDataException("as asked");
            var whole = text.LastIndexOf((byte)'\n') + 1;
            _text.Append(Encoding.ASCII.GetString(text[..whole]));
            Thread.Sleep(Delay);
            Interlocked.Decrement(ref _inside);
            return whole;
        }
    }
}
