using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using VmAtlas.Model;

namespace VmAtlas.Web.Frames;

/// <summary>Columns as one block of bytes that a browser reads without copying: see <c>docs/frame.md</c>.</summary>
/// <remarks>Magic, u32 length of the header, the header as json padded to 8 bytes, then the columns, each 8-aligned, little-endian.</remarks>
sealed class FrameWriter(int rows)
{
    static readonly JsonWriterOptions s_options = new() { SkipValidation = true };
    readonly List<(string Name, string Type, byte[]? Bytes)> _columns = [];
    readonly Dictionary<string, int> _numbers = new() { [""] = 0 };
    readonly List<string> _strings = [""];

    public void Add(string name, double[] values) => Add(name, "f64", MemoryMarshal.AsBytes(values.AsSpan()));

    public void Add(string name, int[] values) => Add(name, "i32", MemoryMarshal.AsBytes(values.AsSpan()));

    public void Add(string name, byte[] values) => Add(name, "u8", values);

    /// <summary>A column of indexes into the frame's strings.</summary>
    public void AddTexts(string name, int[] indexes) => Add(name, "str", MemoryMarshal.AsBytes(indexes.AsSpan()));

    /// <summary>A column that is known, and zero in every row: costs nothing.</summary>
    public void AddZero(string name) => _columns.Add((name, "zero", null));

    /// <summary>The frame's number of a text.</summary>
    public int Text(string text)
    {
        if (_numbers.TryGetValue(text, out var number))
            return number;
        _numbers.Add(text, number = _strings.Count);
        _strings.Add(text);
        return number;
    }

    public async Task WriteTo(Stream stream)
    {
        var header = Header();
        var start = new byte[8];
        "VMF1"u8.CopyTo(start);
        BinaryPrimitives.WriteInt32LittleEndian(start.AsSpan(4), header.Length);
        await stream.WriteAsync(start);
        await stream.WriteAsync(header);
        foreach (var (_, _, bytes) in _columns)
        {
            if (bytes is null)
                continue;
            await stream.WriteAsync(bytes);
            await stream.WriteAsync(new byte[Padded(bytes.Length) - bytes.Length]);
        }
    }

    void Add(string name, string type, ReadOnlySpan<byte> bytes) => _columns.Add((name, type, bytes.ToArray()));

    byte[] Header()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            json.WriteStartObject();
            json.WriteNumber("rows", rows);
            json.WriteStartArray("columns");
            var offset = 0L;
            foreach (var (name, type, bytes) in _columns)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteString("type", type);
                json.WriteNumber("offset", offset);
                json.WriteEndObject();
                offset += Padded(bytes?.Length ?? 0);
            }
            json.WriteEndArray();
            json.WriteStartArray("strings");
            foreach (var text in _strings)
                json.WriteStringValue(text);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    static int Padded(int length) => length + 7 & ~7;
}
