using System.Buffers.Binary;
using VmAtlas.Model;

namespace VmAtlas.Capture.Pe;

/// <summary>Reads the headers of a PE image from its first bytes. Nothing in them is believed: every count and length is bounded, and
/// what does not fit is no image.</summary>
public static class PeReader
{
    /// <summary>As many bytes as the headers are looked for in: one page; real headers take less than 0x400.</summary>
    public const int MaxHeader = 4096;

    const ushort DynamicBase = 0x40;

    /// <summary>IMAGE_DIRECTORY_ENTRY_EXPORT and IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR.</summary>
    const int ExportEntry = 0, ClrEntry = 14;

    /// <summary>The Windows loader's own limit.</summary>
    public const int MaxSections = 96;

    /// <summary>Addresses of images are 32 bits; larger than 2 GiB none can be.</summary>
    public const uint MaxSize = 1u << 31;

    public static bool IsPe(ReadOnlySpan<byte> start) => start.StartsWith("MZ"u8);

    /// <summary>The image, or null when the bytes are none or do not make sense.</summary>
    /// <param name="bytes">The first bytes, at most <see cref="MaxHeader"/> are looked at.</param>
    public static PeImage? TryRead(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, MaxHeader)];
        if (bytes.Length < 64 || !IsPe(bytes))
            return null;
        var at = BinaryPrimitives.ReadUInt32LittleEndian(bytes[60..]);
        if (at > bytes.Length - 24 || !bytes[(int)at..].StartsWith("PE\0\0"u8))
            return null;
        bytes = bytes[((int)at + 4)..];
        var machine = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        var sections = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
        var timeStamp = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        var optionalSize = BinaryPrimitives.ReadUInt16LittleEndian(bytes[16..]);
        bytes = bytes[20..];
        if (sections is 0 or > MaxSections || optionalSize < 96 || bytes.Length < optionalSize + sections * 40)
            return null;
        var optional = bytes[..optionalSize];
        var (size, headers) = (BinaryPrimitives.ReadUInt32LittleEndian(optional[56..]), BinaryPrimitives.ReadUInt32LittleEndian(optional[60..]));
        if (BinaryPrimitives.ReadUInt16LittleEndian(optional) is not (0x10b or 0x20b) || size is 0 or > MaxSize || headers > size)
            return null;
        var table = ReadSections(bytes[optionalSize..], sections, size);
        return table is null ? null : new PeImage(size, headers, table, Directory(optional, ClrEntry) != 0)
        {
            Machine = machine,
            TimeStamp = timeStamp,
            ExportTable = Directory(optional, ExportEntry) is var exports && exports < size ? exports : 0,
            IsRelocatable = (BinaryPrimitives.ReadUInt16LittleEndian(optional[70..]) & DynamicBase) != 0,
        };
    }

    /// <summary>Where an entry of the data directory points to; 0 for nothing.</summary>
    static uint Directory(ReadOnlySpan<byte> optional, int number)
    {
        var directory = BinaryPrimitives.ReadUInt16LittleEndian(optional) == 0x20b ? 112 : 96;
        var entry = directory + number * 8;
        return optional.Length >= entry + 8 && BinaryPrimitives.ReadUInt32LittleEndian(optional[(directory - 4)..]) > number
            ? BinaryPrimitives.ReadUInt32LittleEndian(optional[entry..]) : 0;
    }

    static PeSection[]? ReadSections(ReadOnlySpan<byte> table, int count, uint imageSize)
    {
        var sections = new PeSection[count];
        for (var i = 0; i < count; i++)
        {
            var entry = table.Slice(i * 40, 40);
            var (virtualSize, rawSize) = (BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]), BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]));
            var flags = BinaryPrimitives.ReadUInt32LittleEndian(entry[36..]);
            var access = ((flags & 0x40000000) != 0 ? Protection.Read : 0)
                | ((flags & 0x80000000) != 0 ? Protection.Write : 0)
                | ((flags & 0x20000000) != 0 ? Protection.Execute : 0);
            sections[i] = new PeSection(NameOf(entry[..8]), BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]),
                virtualSize != 0 ? virtualSize : rawSize, rawSize == 0 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]), access);
            var before = i == 0 ? 0 : sections[i - 1].End;
            if (sections[i].Address < before || sections[i].End > imageSize)
                return null;
        }
        return sections;
    }

    static string NameOf(ReadOnlySpan<byte> name)
    {
        var end = name.IndexOf((byte)0);
        return System.Text.Encoding.Latin1.GetString(name[..(end < 0 ? 8 : end)]);
    }
}
