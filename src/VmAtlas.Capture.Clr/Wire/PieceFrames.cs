using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace VmAtlas.Capture.Clr.Wire;

/// <summary>Tells the helper where the memory of a dump lies: frames of files (by number, from 0), then of pieces, then an end.</summary>
static class PieceFrames
{
    /// <summary>Start, size and offset (8 bytes each), number of the file (4 bytes).</summary>
    const int PieceBytes = 28;

    /// <summary>Linux does not let a process have more mappings by far.</summary>
    const int MostPieces = 1 << 22;

    const int MostFiles = 4096, PiecesInFrame = WireLimits.FrameBytes / PieceBytes;

    public static void Write(FrameWriter frames, IReadOnlyList<SavedPiece> pieces)
    {
        var files = new Dictionary<string, int>();
        var payload = new ArrayBufferWriter<byte>(4096);
        foreach (var piece in pieces)
        {
            if (files.Count >= MostFiles || !files.TryAdd(piece.Path, files.Count))
                continue;
            frames.Write(FrameKind.File, Encoding.UTF8.GetBytes(piece.Path));
        }
        foreach (var part in pieces.Where(p => files.ContainsKey(p.Path)).Take(MostPieces).Chunk(PiecesInFrame))
        {
            foreach (var piece in part)
                Write(payload.GetSpan(PieceBytes), piece, files[piece.Path], payload);
            frames.Write(FrameKind.Pieces, payload.WrittenSpan);
            payload.ResetWrittenCount();
        }
        frames.Write(FrameKind.End, []);
        frames.Flush();
    }

    /// <exception cref="InvalidDataException">It is no such list.</exception>
    public static List<SavedPiece> Read(FrameReader frames)
    {
        var (files, pieces) = (new List<string>(), new List<SavedPiece>());
        while (true)
        {
            var kind = frames.Read(out var payload);
            if (kind == FrameKind.End)
                return pieces;
            if (kind == FrameKind.File && files.Count < MostFiles)
                files.Add(Encoding.UTF8.GetString(payload));
            else if (kind != FrameKind.Pieces || payload.Length % PieceBytes != 0)
                throw new InvalidDataException($"a frame of kind {kind} in a list of pieces");
            frames.Restart();
            for (; kind == FrameKind.Pieces && !payload.IsEmpty; payload = payload[PieceBytes..])
                pieces.Add(Read(payload, files));
        }
    }

    static void Write(Span<byte> record, SavedPiece piece, int file, ArrayBufferWriter<byte> payload)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(record, piece.Start);
        BinaryPrimitives.WriteUInt64LittleEndian(record[8..], piece.Size);
        BinaryPrimitives.WriteUInt64LittleEndian(record[16..], piece.Offset);
        BinaryPrimitives.WriteInt32LittleEndian(record[24..], file);
        payload.Advance(PieceBytes);
    }

    static SavedPiece Read(ReadOnlySpan<byte> record, List<string> files)
    {
        var file = BinaryPrimitives.ReadInt32LittleEndian(record[24..]);
        if (file < 0 || file >= files.Count)
            throw new InvalidDataException("a piece of a file that was not told");
        return new SavedPiece(BinaryPrimitives.ReadUInt64LittleEndian(record), BinaryPrimitives.ReadUInt64LittleEndian(record[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(record[16..]), files[file]);
    }
}
