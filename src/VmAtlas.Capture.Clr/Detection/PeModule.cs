using System.Buffers.Binary;
using System.Text;
using VmAtlas.Capture.Pe;

namespace VmAtlas.Capture.Clr.Detection;

/// <summary>As much of a loaded PE module as tells where it keeps an export. Nothing it says is believed beyond bounds.</summary>
static class PeModule
{
    const int DirectoryBytes = 40;
    const uint MostNames = 1 << 16;

    /// <summary>The address of an exported symbol; null when there is none. Names are in order, as the format wants it.</summary>
    public static ulong? FindExport(MemoryReader read, ulong imageBase, string name)
    {
        var header = new byte[PeReader.MaxHeader];
        header = header[..read(imageBase, header)];
        if (PeReader.TryRead(header) is not { ExportTable: > 0 and var table } image)
            return null;
        Span<byte> exports = stackalloc byte[DirectoryBytes];
        if (read(imageBase + table, exports) != DirectoryBytes)
            return null;
        var (functions, names) = (U32(exports[20..]), U32(exports[24..]));
        var (addresses, nameTable, ordinals) = (U32(exports[28..]), U32(exports[32..]), U32(exports[36..]));
        var (low, high) = (0u, Math.Min(names, MostNames));
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Word(read, imageBase + nameTable + middle * 4UL, 4) is not { } text || Compare(read, imageBase + text, name) is not { } order)
                return null;
            if (order == 0)
                return Word(read, imageBase + ordinals + middle * 2UL, 2) is { } ordinal && ordinal < functions
                    && Word(read, imageBase + addresses + ordinal * 4UL, 4) is { } address && address < image.Size ? imageBase + address : null;
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle);
        }
        return null;
    }

    /// <summary>How the name at an address stands to another, as far as that is long.</summary>
    static int? Compare(MemoryReader read, ulong address, string name)
    {
        var wanted = Encoding.ASCII.GetBytes(name + '\0');
        var found = new byte[wanted.Length];
        var got = read(address, found);
        return got == 0 ? null : found.AsSpan(0, got).SequenceCompareTo(wanted);
    }

    static uint? Word(MemoryReader read, ulong address, int bytes)
    {
        Span<byte> word = stackalloc byte[4];
        word.Clear();
        return read(address, word[..bytes]) == bytes ? U32(word) : null;
    }

    static uint U32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
