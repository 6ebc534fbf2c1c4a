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
    public void A_text_comes_through_whole_and_in_order(int lines)
    {
        var text = Lines(lines, seed: 11);
        Read(text, out _).ShouldBe(text);
    }

    [Fact]
    public void Only_a_long_text_is_said_to_be_long_and_only_once()
    {
        Read(Lines(1_000, seed: 1), out var calls);
        calls.ShouldBe(0);
        Read(Lines(200_000, seed: 1), out calls);
        calls.ShouldBe(1);
    }

    [Fact]
    public void An_error_of_the_sink_comes_out()
    {
        File.WriteAllText(_file, Lines(200_000, seed: 5));
        using var file = File.OpenHandle(_file);
        Should.Throw<InvalidDataException>(() => new ProcText().Read(file, new Collector { FailsAt = 2 }));
    }

    [Fact]
    public void A_line_longer_than_any_of_the_kernel_is_refused() =>
        Should.Throw<InvalidDataException>(() => Read(new string('x', 2 << 20) + "\n", out _));

    public void Dispose() => File.Delete(_file);

    string Read(string text, out int longs)
    {
        File.WriteAllText(_file, text);
        var (sink, calls) = (new Collector(), 0);
        using var file = File.OpenHandle(_file);
        new ProcText().Read(file, sink, () => calls++).ShouldBe(0);
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
        int _calls;

        public int FailsAt { get; init; }

        public string Text => _text.ToString();

        public int Take(ReadOnlySpan<byte> text)
        {
            if (++_calls == FailsAt)
                throw new InvalidDataException("as asked");
            var whole = text.LastIndexOf((byte)'\n') + 1;
            _text.Append(Encoding.ASCII.GetString(text[..whole]));
            return whole;
        }
    }
}
