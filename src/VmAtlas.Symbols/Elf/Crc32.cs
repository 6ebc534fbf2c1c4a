using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Elf;

/// <summary>The CRC-32 of a whole file, as <c>.gnu_debuglink</c> has it: polynomial 0xedb88320, eight bytes at a time.</summary>
static class Crc32
{
    static readonly uint[] s_tables = MakeTables();

    public static uint Of(IFileBytes file)
    {
        var buffer = new byte[1 << 20];
        var crc = ~0u;
        for (var at = 0L; file.Read(at, buffer) is > 0 and var got; at += got)
            crc = Add(crc, buffer.AsSpan(0, got));
        return ~crc;
    }

    static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        var tables = s_tables;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            crc ^= System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            crc = tables[0x700 + (crc & 0xff)] ^ tables[0x600 + (crc >> 8 & 0xff)] ^ tables[0x500 + (crc >> 16 & 0xff)] ^ tables[0x400 + (crc >> 24)]
                ^ tables[0x300 + bytes[4]] ^ tables[0x200 + bytes[5]] ^ tables[0x100 + bytes[6]] ^ tables[bytes[7]];
        }
        foreach (var b in bytes)
            crc = crc >> 8 ^ tables[(crc ^ b) & 0xff];
        return crc;
    }

    static uint[] MakeTables()
    {
        var tables = new uint[8 * 256];
        for (var i = 0u; i < 256; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
            tables[i] = crc;
        }
        for (var i = 256; i < tables.Length; i++)
            tables[i] = tables[i - 256] >> 8 ^ tables[tables[i - 256] & 0xff];
        return tables;
    }
}
