using System.Buffers.Binary;
using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>Walks the chunks of a file and finds the way on behind a damaged one.</summary>
/// <remarks>
/// A chunk counts when its checksum is right. What does not is looked through, byte by byte, for the next one that does; the work for that
/// is bounded, so that a file full of false chunk heads costs no more than reading it a few times.
/// </remarks>
sealed class ChunkScanner(Stream stream, ReaderLimits limits, ICollection<Problem> problems)
{
    const int ResyncFactor = 4;

    readonly byte[] _head = new byte[ChunkHead.Length];
    long _resyncBudget = stream.Length * ResyncFactor + (1 << 20);

    /// <summary>Every whole chunk from an offset on; the payload is new for each.</summary>
    public IEnumerable<(long Offset, ChunkHead Head, byte[] Payload)> Scan(long offset)
    {
        var chunks = 0;
        while (offset < stream.Length)
        {
            if (++chunks > limits.Chunks)
                throw new VmAtlasException(Failure.BadFile, $"the file has more than {limits.Chunks} chunks");
            if (TryRead(offset) is { } chunk)
            {
                yield return (offset, chunk.Head, chunk.Payload);
                offset += ChunkHead.Length + chunk.Payload.Length;
            }
            else
            {
                offset = PassOver(offset);
            }
        }
    }

    /// <summary>The chunk at an offset, or null when what is there is not a whole one.</summary>
    public (ChunkHead Head, byte[] Payload)? TryRead(long offset)
    {
        if (stream.Length - offset < ChunkHead.Length)
            return null;
        stream.Position = offset;
        stream.ReadExactly(_head);
        var head = ChunkHead.Parse(_head);
        if (head.Stored > limits.ChunkBytes || head.Stored > stream.Length - stream.Position)
            return null;
        var payload = new byte[head.Stored];
        stream.ReadExactly(payload);
        return head.Matches(payload) ? (head, payload) : null;
    }

    long PassOver(long offset)
    {
        var next = FindNext(offset + 1);
        problems.Add(next == stream.Length
            ? new Problem("torn-tail", $"the file ends in {next - offset} bytes that are no whole chunk: writing was cut off there, all before it is whole")
            : new Problem("damaged-chunk", $"{next - offset} bytes from byte {offset} on are damaged and were passed over"));
        return next;
    }

    /// <summary>Offset of the next whole chunk of a known type, or the end of the file.</summary>
    long FindNext(long offset)
    {
        var window = new byte[1 << 16];
        while (offset < stream.Length)
        {
            stream.Position = offset;
            var count = stream.ReadAtLeast(window, window.Length, throwOnEndOfStream: false);
            for (var i = 0; i + ChunkHead.Length <= count; i++)
            {
                var type = (ChunkType)BinaryPrimitives.ReadUInt32LittleEndian(window.AsSpan(i));
                if (!ChunkHead.IsKnown(type))
                    continue;
                var stored = BinaryPrimitives.ReadUInt32LittleEndian(window.AsSpan(i + 8));
                _resyncBudget -= Math.Min(stored, stream.Length);
                if (_resyncBudget < 0)
                    return stream.Length;
                if (TryRead(offset + i) is not null)
                    return offset + i;
            }
            // A head may lie across two windows.
            offset += count == window.Length ? count - ChunkHead.Length + 1 : count;
        }
        return stream.Length;
    }
}
