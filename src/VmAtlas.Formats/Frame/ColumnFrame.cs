using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using VmAtlas.Model;

namespace VmAtlas.Formats.Frame;

/// <summary>A snapshot's regions and blocks as one binary frame for the page: a small json header and whole columns, which a browser uses without
/// copying. The layout and the columns are in docs/frame.md.</summary>
public sealed class ColumnFrame
{
    /// <summary>"VMF1": the last character is the version.</summary>
    public static ReadOnlySpan<byte> Magic => "VMF1"u8;

    const int Alignment = 8;

    readonly IReadOnlyList<FrameColumn> _columns;
    readonly byte[] _head;

    ColumnFrame(int rows, IReadOnlyList<FrameColumn> columns, byte[] head) => (Rows, _columns, _head) = (rows, columns, head);

    /// <param name="gaps">Whether Free and Unusable ranges have rows, too.</param>
    public static ColumnFrame Of(Snapshot snapshot, bool gaps = false)
    {
        var rows = new FrameRows(snapshot, gaps);
        var strings = new FrameStrings(snapshot.Strings);
        var columns = FrameColumns.Of(snapshot, rows, strings);
        return Of(rows.Count, columns, strings.Texts);
    }

    /// <summary>A frame of other rows: differences, series.</summary>
    /// <param name="strings">What columns of unit "string" point into; the first is the empty text.</param>
    public static ColumnFrame Of(int rows, IReadOnlyList<FrameColumn> columns, IReadOnlyList<string> strings) =>
        new(rows, columns, MakeHead(rows, columns, strings));

    public int Rows { get; }

    /// <summary>Bytes of the whole frame.</summary>
    public long Length => _head.Length + _columns.Sum(c => (long)BytesOf(c, Rows));

    /// <summary>Writes column by column; never holds more than one.</summary>
    public async ValueTask WriteToAsync(Stream stream, CancellationToken cancellation = default)
    {
        await stream.WriteAsync(_head, cancellation).ConfigureAwait(false);
        foreach (var column in _columns)
        {
            if (column.IsZero)
                continue;
            var length = column.Width * Rows;
            var buffer = ArrayPool<byte>.Shared.Rent(Padded(length));
            try
            {
                buffer.AsSpan(0, Padded(length)).Clear();
                column.Write(buffer.AsMemory(0, length));
                await stream.WriteAsync(buffer.AsMemory(0, Padded(length)), cancellation).ConfigureAwait(false);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    static byte[] MakeHead(int rows, IReadOnlyList<FrameColumn> columns, IReadOnlyList<string> strings)
    {
        var json = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(json))
            WriteHeader(writer, rows, columns, strings);
        var head = new byte[Padded(8 + json.WrittenCount)];
        head.AsSpan().Fill((byte)' ');
        Magic.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), head.Length - 8);
        json.WrittenSpan.CopyTo(head.AsSpan(8));
        return head;
    }

    /// <summary>Offsets count from the first byte after the header.</summary>
    static void WriteHeader(Utf8JsonWriter writer, int rows, IReadOnlyList<FrameColumn> columns, IReadOnlyList<string> strings)
    {
        var offset = 0L;
        writer.WriteStartObject();
        writer.WriteNumber("rows"u8, rows);
        writer.WriteStartArray("columns"u8);
        foreach (var column in columns)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, column.Name);
            writer.WriteString("type"u8, column.Type);
            writer.WriteString("unit"u8, column.Unit);
            if (column.IsZero)
                writer.WriteBoolean("zero"u8, true);
            else
                writer.WriteNumber("offset"u8, offset);
            writer.WriteEndObject();
            offset += BytesOf(column, rows);
        }
        writer.WriteEndArray();
        writer.WriteStartArray("strings"u8);
        foreach (var text in strings)
            writer.WriteStringValue(text);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    static int BytesOf(FrameColumn column, int rows) => column.IsZero ? 0 : Padded(column.Width * rows);

    static int Padded(int length) => checked(length + Alignment - 1) & -Alignment;
}
