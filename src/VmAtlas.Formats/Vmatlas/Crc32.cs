using System.Buffers.Binary;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>The CRC of zlib, PNG and gzip (polynomial 0xEDB88320), so that <c>zlib.crc32</c> of Python gives the same number.</summary>
/// <remarks>Eight tables, eight bytes a step: several times faster than the one-table form, and no package needed.</remarks>
static class Crc32
{
    static readonly uint[] s_tables = MakeTables();

    /// <summary>Goes on from an earlier value; 0 to begin.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        var t = s_tables;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            var low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = t[7 * 256 + (low & 255)] ^ t[6 * 256 + (low >> 8 & 255)] ^ t[5 * 256 + (low >> 16 & 255)] ^ t[4 * 256 + (low >> 24)]
                ^ t[3 * 256 + (high & 255)] ^ t[2 * 256 + (high >> 8 & 255)] ^ t[1 * 256 + (high >> 16 & 255)] ^ t[high >> 24];
        }
        foreach (var b in bytes)
            crc = t[(crc ^ b) & 255] ^ crc >> 8;
        return ~crc;
    }

    static uint[] MakeTables()
    {
        var tables = new uint[8 * 256];
        for (var i = 0u; i < 256; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
            tables[i] = crc;
        }
        for (var i = 256; i < tables.Length; i++)
            tables[i] = tables[tables[i - 256] & 255] ^ tables[i - 256] >> 8;
        return tables;
    }
}
