using System.Buffers.Binary;
using System.Text;
using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Elf;

/// <summary>What names another file with debug information: <c>.gnu_debuglink</c> { name, padding to 4, CRC-32 of the file }, and dwz's
/// <c>.gnu_debugaltlink</c> { name, build id of the file }.</summary>
/// <param name="Crc">Null in an alternate link.</param>
/// <param name="BuildId">Null in a plain link.</param>
readonly record struct DebugLink(string Name, uint? Crc, string? BuildId)
{
    const ulong MaxSize = 4096;

    public static DebugLink? Plain(ElfFile elf)
    {
        if (Read(elf, ".gnu_debuglink", out var name) is not { } bytes)
            return null;
        var at = name.Length + 4 & ~3;
        // A link names a file and not a way to one: with a slash it could lead anywhere.
        return bytes.Length >= at + 4 && !name.Contains((byte)'/')
            ? new DebugLink(Encoding.UTF8.GetString(name), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at)), null)
            : null;
    }

    public static DebugLink? Alternate(ElfFile elf) => Read(elf, ".gnu_debugaltlink", out var name) is { } bytes && bytes.Length > name.Length + 1
        ? new DebugLink(Encoding.UTF8.GetString(name), null, Convert.ToHexStringLower(bytes.AsSpan(name.Length + 1)))
        : null;

    static byte[]? Read(ElfFile elf, string section, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (elf.Find(section) is not { Size: > 0 and <= MaxSize } found)
            return null;
        var bytes = elf.Contents(found).All.ToArray();
        var end = bytes.AsSpan().IndexOf((byte)0);
        if (end <= 0)
            return null;
        name = bytes.AsSpan(0, end);
        return bytes;
    }
}
