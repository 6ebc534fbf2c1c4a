using System.Buffers.Binary;

namespace VmAtlas.Capture.Linux.Tests.Images;

/// <summary>Makes the headers of small ELF objects, 64 bit: their first page.</summary>
static class ElfMaker
{
    /// <param name="segments">PT_LOADs: offset, which is the address too, size in the file, size in memory, flags (4 r, 2 w, 1 x).</param>
    public static byte[] Make(params (ulong Offset, ulong FileSize, ulong Size, uint Flags)[] segments)
    {
        var file = new byte[0x1000];
        "\x7f"u8.CopyTo(file);
        "ELF\x02\x01\x01"u8.CopyTo(file.AsSpan(1));
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(54), 56);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(56), (ushort)segments.Length);
        for (var i = 0; i < segments.Length; i++)
        {
            var header = file.AsSpan(64 + i * 56);
            BinaryPrimitives.WriteUInt32LittleEndian(header, 1);
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], segments[i].Flags);
            BinaryPrimitives.WriteUInt64LittleEndian(header[8..], segments[i].Offset);
            BinaryPrimitives.WriteUInt64LittleEndian(header[16..], segments[i].Offset);
            BinaryPrimitives.WriteUInt64LittleEndian(header[32..], segments[i].FileSize);
            BinaryPrimitives.WriteUInt64LittleEndian(header[40..], segments[i].Size);
        }
        return file;
    }
}
