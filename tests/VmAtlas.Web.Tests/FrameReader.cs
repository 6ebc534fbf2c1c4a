using System.Runtime.InteropServices;
using System.Text.Json;
using VmAtlas.Formats.Frame;

namespace VmAtlas.Web.Tests;

/// <summary>Reads a frame as the page does.</summary>
sealed class FrameReader
{
    readonly byte[] _bytes;
    readonly JsonElement _header;
    readonly int _start;

    public FrameReader(byte[] bytes)
    {
        bytes.AsSpan(0, 4).SequenceEqual(ColumnFrame.Magic).ShouldBeTrue();
        (_bytes, _start) = (bytes, 8 + BitConverter.ToInt32(bytes, 4));
        _header = JsonDocument.Parse(bytes.AsMemory(8, _start - 8)).RootElement;
    }

    public static async Task<FrameReader> Of(ColumnFrame frame)
    {
        using var stream = new MemoryStream();
        await frame.WriteToAsync(stream);
        return new FrameReader(stream.ToArray());
    }

    public int Rows => _header.GetProperty("rows").GetInt32();

    public bool Has(string column) => _header.GetProperty("columns").EnumerateArray().Any(c => c.GetProperty("name").GetString() == column);

    public double Number(string column, int row)
    {
        var about = _header.GetProperty("columns").EnumerateArray().Single(c => c.GetProperty("name").GetString() == column);
        if (about.TryGetProperty("zero", out _))
            return 0;
        var bytes = _bytes.AsSpan(_start + about.GetProperty("offset").GetInt32());
        return about.GetProperty("type").GetString() switch
        {
            "f64" => MemoryMarshal.Cast<byte, double>(bytes)[row],
            "i32" => MemoryMarshal.Cast<byte, int>(bytes)[row],
            "u32" => MemoryMarshal.Cast<byte, uint>(bytes)[row],
            _ => bytes[row],
        };
    }

    public string Text(string column, int row) => _header.GetProperty("strings")[(int)Number(column, row)].GetString()!;
}
