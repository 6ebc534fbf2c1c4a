using System.Buffers.Binary;
using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Elf;

/// <summary>Notes are { name size, descriptor size, type, name, descriptor }, both padded to 4 bytes (elf(5)).</summary>
static class ElfNotes
{
    /// <summary>Bytes of one table of notes looked at, of a build id, and tables looked at.</summary>
    const int MaxNotes = 4096, MaxBuildId = 64, MaxTables = 64;

    /// <summary>NT_GNU_BUILD_ID: of "GNU", type 3.</summary>
    public static string? BuildId(IFileBytes bytes, IEnumerable<(ulong Offset, ulong Size)> tables)
    {
        var buffer = new byte[MaxNotes];
        foreach (var (offset, size) in tables.Take(MaxTables))
        {
            var length = offset > long.MaxValue ? 0 : bytes.Read((long)offset, buffer.AsSpan(0, (int)Math.Min(size, MaxNotes)));
            if (BuildIdIn(buffer.AsSpan(0, length)) is { } id)
                return id;
        }
        return null;
    }

    static string? BuildIdIn(ReadOnlySpan<byte> notes)
    {
        while (notes.Length > 12)
        {
            var (nameSize, size) = (BinaryPrimitives.ReadUInt32LittleEndian(notes), BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]));
            if (nameSize > MaxNotes || size > MaxNotes)
                return null;
            var at = 12 + (int)(nameSize + 3 & ~3u);
            var end = at + (int)(size + 3 & ~3u);
            if (at + size > notes.Length)
                return null;
            if (notes[8] == 3 && notes[12..].StartsWith("GNU\0"u8) && size is > 0 and <= MaxBuildId)
                return Convert.ToHexStringLower(notes.Slice(at, (int)size));
            notes = notes[Math.Min(end, notes.Length)..];
        }
        return null;
    }
}
