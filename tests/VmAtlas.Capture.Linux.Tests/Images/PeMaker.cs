using System.Buffers.Binary;
using System.Text;

namespace VmAtlas.Capture.Linux.Tests.Images;

/// <summary>Makes small PE files, 64 bit.</summary>
static class PeMaker
{
    public const uint Code = 0x60000020, Data = 0xc0000040, ReadOnlyData = 0x40000040;

    /// <param name="sections">Name, address, size, offset in the file, characteristics.</param>
    public static byte[] Make(uint size, bool managed, params (string Name, uint Address, uint Size, uint Offset, uint Flags)[] sections)
    {
        var file = new byte[Math.Max(0x400, sections.Max(s => s.Offset + s.Size))];
        "MZ"u8.CopyTo(file);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(60), 0x80);
        var pe = file.AsSpan(0x80);
        "PE\0\0"u8.CopyTo(pe);
        BinaryPrimitives.WriteUInt16LittleEndian(pe[4..], 0x8664);
        BinaryPrimitives.WriteUInt16LittleEndian(pe[6..], (ushort)sections.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(pe[20..], 240);
        var optional = pe[24..];
        BinaryPrimitives.WriteUInt16LittleEndian(optional, 0x20b);
        BinaryPrimitives.WriteUInt32LittleEndian(optional[56..], size);
        BinaryPrimitives.WriteUInt32LittleEndian(optional[60..], 0x400);
        BinaryPrimitives.WriteUInt32LittleEndian(optional[108..], 16);
        BinaryPrimitives.WriteUInt32LittleEndian(optional[(112 + 14 * 8)..], managed ? 0x2000u : 0);
        for (var i = 0; i < sections.Length; i++)
        {
            var entry = optional.Slice(240 + i * 40, 40);
            Encoding.ASCII.GetBytes(sections[i].Name).CopyTo(entry);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], sections[i].Size);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], sections[i].Address);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], sections[i].Size);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[20..], sections[i].Offset);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[36..], sections[i].Flags);
        }
        return file;
    }
}
