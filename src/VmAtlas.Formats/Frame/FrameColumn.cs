using System.Runtime.InteropServices;

namespace VmAtlas.Formats.Frame;

/// <summary>One column of a frame: what the header says of it, and how its bytes are made.</summary>
/// <param name="Type">"u8", "i32", "u32" or "f64": the typed array of the browser, little-endian.</param>
/// <param name="Unit">"B" bytes, "address", "string" index into the strings, "row" of the frame; else empty.</param>
/// <param name="Write">Fills bytes that are zero before.</param>
public sealed record FrameColumn(string Name, string Type, string Unit, int Width, Action<Memory<byte>> Write)
{
    /// <summary>Every value is zero: the header says so, and no bytes follow. Most of what a target could have, it has not.</summary>
    public bool IsZero { get; init; }

    public static FrameColumn Bytes(string name, string unit, Func<int, byte> value) => new(name, "u8", unit, 1, bytes =>
    {
        var span = bytes.Span;
        for (var row = 0; row < span.Length; row++)
            span[row] = value(row);
    });

    public static FrameColumn Signed(string name, string unit, Func<int, int> value) => Of(name, "i32", unit, sizeof(int), value);

    public static FrameColumn Unsigned(string name, string unit, Func<int, uint> value) => Of(name, "u32", unit, sizeof(uint), value);

    public static FrameColumn Doubles(string name, string unit, Func<int, double> value) => Of(name, "f64", unit, sizeof(double), value);

    static FrameColumn Of<T>(string name, string type, string unit, int width, Func<int, T> value) where T : unmanaged =>
        new(name, type, unit, width, bytes =>
        {
            var values = MemoryMarshal.Cast<byte, T>(bytes.Span);
            for (var row = 0; row < values.Length; row++)
                values[row] = value(row);
        });
}
