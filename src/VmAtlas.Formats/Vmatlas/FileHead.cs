using System.Text;
using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>The first bytes of a file: magic, format version, who wrote it.</summary>
readonly record struct FileHead(int Version, string Writer, int Length)
{
    /// <summary>Not text (0x89), named, and broken by any transfer that changes line ends, as PNG's is.</summary>
    public static ReadOnlySpan<byte> Magic => [0x89, 0x56, 0x4D, 0x41, 0x54, 0x4C, 0x41, 0x53, 0x0D, 0x0A, 0x1A, 0x0A];

    public static void Write(ByteBuffer into, string writer)
    {
        into.Bytes(Magic);
        into.UInt16(FormatVersion.Current);
        into.UInt16((ushort)Encoding.UTF8.GetByteCount(writer));
        into.Bytes(Encoding.UTF8.GetBytes(writer));
    }

    /// <param name="start">The file's first bytes, as many as there are up to <see cref="MaxLength"/>.</param>
    /// <exception cref="VmAtlasException">Not such a file, cut short within its head, or from a newer version.</exception>
    public static FileHead Parse(ReadOnlySpan<byte> start)
    {
        var known = Math.Min(start.Length, Magic.Length);
        if (known == 0 || !start[..known].SequenceEqual(Magic[..known]))
            throw new VmAtlasException(Failure.BadFile, "it is not a .vmatlas file: its first bytes are others");
        if (start.Length < Magic.Length + 4)
            throw new VmAtlasException(Failure.BadFile, "the file is cut short within its first bytes: nothing was recorded");
        var from = new ByteCursor(start[Magic.Length..]);
        var (version, length) = (from.UInt16(), from.UInt16());
        if (length > from.Remaining)
            throw new VmAtlasException(Failure.BadFile, "the file is cut short within its first bytes: nothing was recorded");
        var writer = Printable(Encoding.UTF8.GetString(from.Bytes(length)));
        FormatVersion.Refuse(version, writer);
        return new FileHead(version, writer, Magic.Length + 4 + length);
    }

    public const int MaxLength = 12 + 4 + ushort.MaxValue;

    /// <summary>The name goes into error messages, and a stranger wrote it.</summary>
    static string Printable(string text) =>
        string.Concat(text.Take(80).Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format ? '?' : c));
}
