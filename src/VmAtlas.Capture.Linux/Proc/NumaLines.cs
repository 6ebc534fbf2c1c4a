using System.Buffers.Text;
using System.Text;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>The lines of numa_maps, proc_pid_numa_maps(5): an address, a policy, and pages by node.</summary>
sealed class NumaLines : ITextSink
{
    public Dictionary<ulong, string> ByStart { get; } = [];

    public int Take(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (text[at..].IndexOf((byte)'\n') is >= 0 and var length)
        {
            var line = text.Slice(at, length);
            at += length + 1;
            if (Utf8Parser.TryParse(line, out ulong start, out var used, 'x') && used < line.Length)
                ByStart[start] = Encoding.UTF8.GetString(line[(used + 1)..]);
        }
        return at;
    }
}
