using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Formats.Vmatlas.Traces;

/// <summary>The functions of call nodes as chunks that need no other: each has its own texts and frames.</summary>
static class SymbolChunks
{
    const int NodesOfChunk = 1 << 16;

    public static IEnumerable<ByteBuffer> Encode(NodeFrames frames, NodeTable nodes)
    {
        var content = new ByteBuffer();
        for (uint id = 1; id < nodes.End;)
        {
            var chosen = new List<uint>();
            for (; id < nodes.End && chosen.Count < NodesOfChunk; id++)
            {
                if (nodes.Contains(id) && frames.IsResolved(id))
                    chosen.Add(id);
            }
            if (chosen.Count == 0)
                continue;
            content.Clear();
            Encode(frames, chosen, content);
            yield return content;
        }
    }

    static void Encode(NodeFrames from, List<uint> nodes, ByteBuffer into)
    {
        var (texts, frames, places) = (new Numbering(), new Numbering(), new ByteBuffer());
        var before = 0u;
        foreach (var node in nodes)
        {
            places.VarInt(node - before);
            before = node;
            var own = from[node];
            places.VarInt(own.Length);
            foreach (var frame in own)
                places.VarInt(frames.Of(frame));
        }
        var table = new ByteBuffer();
        foreach (var number in frames.Order)
        {
            var frame = from.Frame(number);
            table.VarInt(texts.Of(frame.Function));
            table.VarInt(texts.Of(frame.Module));
            table.VarInt(texts.Of(frame.File));
            table.VarInt((ulong)Math.Max(0, frame.Line) * 2 + (frame.IsInlined ? 1UL : 0));
        }
        into.VarInt(texts.Order.Count);
        foreach (var text in texts.Order)
            into.VarInt(from.Texts.Utf8(text).Length);
        foreach (var text in texts.Order)
            into.Bytes(from.Texts.Utf8(text));
        into.VarInt(frames.Order.Count);
        into.Bytes(table.Written);
        into.VarInt(nodes.Count);
        into.Bytes(places.Written);
    }

    /// <exception cref="InvalidDataException">The content says what can not be.</exception>
    public static void Decode(ReadOnlySpan<byte> content, NodeFrames into, NodeTable nodes, ReaderLimits limits)
    {
        var from = new ByteCursor(content);
        var lengths = new int[from.Count(from.Remaining, "texts")];
        for (var i = 0; i < lengths.Length; i++)
            lengths[i] = from.Count(limits.TextBytes, "bytes of a text");
        var texts = new int[lengths.Length];
        for (var i = 0; i < lengths.Length; i++)
        {
            if (into.Texts.Utf8Length > limits.StringBytes - lengths[i])
                throw new InvalidDataException($"the texts are more than {limits.StringBytes} bytes");
            texts[i] = into.Texts.Intern(from.Bytes(lengths[i]));
        }
        var frames = new int[from.Count(from.Remaining, "frames")];
        for (var i = 0; i < frames.Length; i++)
        {
            var (function, module, file) = (Text(ref from, texts), Text(ref from, texts), Text(ref from, texts));
            var line = from.VarInt();
            frames[i] = into.Number(new StackFrame(function, module, file, (int)Math.Min(line >> 1, int.MaxValue), (line & 1) != 0));
        }
        Places(ref from, frames, into, nodes);
    }

    static void Places(ref ByteCursor from, int[] frames, NodeFrames into, NodeTable nodes)
    {
        var count = from.Count(from.Remaining, "nodes");
        var own = new List<int>();
        var node = 0UL;
        for (var i = 0; i < count; i++)
        {
            node = unchecked(node + from.VarInt());
            own.Clear();
            for (var left = from.Count(from.Remaining, "frames of a node"); left > 0; left--)
                own.Add(frames[from.Count(frames.Length - 1, "as a frame")]);
            if (node < nodes.End && nodes.Contains((uint)node) && own.Count > 0 && !into.IsResolved((uint)node))
                into.Set((uint)node, own.ToArray());
        }
        if (!from.AtEnd)
            throw new InvalidDataException("bytes are left over after the last node");
    }

    static int Text(ref ByteCursor from, int[] texts) => texts[from.Count(texts.Length - 1, "as a text")];

    /// <summary>New numbers, from 0, in the order of first use.</summary>
    sealed class Numbering
    {
        readonly Dictionary<int, int> _numbers = [];

        public List<int> Order { get; } = [];

        public int Of(int number)
        {
            if (_numbers.TryGetValue(number, out var known))
                return known;
            Order.Add(number);
            _numbers.Add(number, Order.Count - 1);
            return Order.Count - 1;
        }
    }
}
