using System.Text;
using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Dwarf;

/// <summary>The files that a line program speaks of, by their numbers.</summary>
/// <remarks>Numbers begin at 1 up to DWARF 4 and at 0 from DWARF 5 on; here number 0 of the old tables is the unit itself.</remarks>
sealed class LineFiles(Unit? unit, IReadOnlyList<byte[]> directories, IReadOnlyList<(byte[] Name, int Directory)> files)
{
    public static readonly LineFiles None = new(null, [], []);

    /// <summary>The path as the compiler was given it, behind the folder it ran in where it is relative; null for a number that stands for nothing.</summary>
    public byte[]? PathOf(int number)
    {
        if ((uint)number >= (uint)files.Count || files[number].Name.Length == 0)
            return null;
        var (path, directory) = files[number];
        if (directory > 0 || directory == 0 && directories.Count > 0)
            path = Join(directory < directories.Count ? directories[directory] : [], path);
        return unit is null ? path : Join(unit.Text(unit.Root.CompilationDirectory), path);
    }

    static byte[] Join(ReadOnlySpan<byte> folder, byte[] path)
    {
        if (folder.IsEmpty || path.Length > 0 && path[0] == '/')
            return path;
        return folder[^1] == '/' ? [.. folder, .. path] : [.. folder, (byte)'/', .. path];
    }

    /// <summary>The tables of DWARF 2 to 4: folders ended by an empty one, files ended by an empty one.</summary>
    public static LineFiles ReadOld(Unit unit, ref ByteReader reader)
    {
        var directories = new List<byte[]> { Array.Empty<byte>() };
        while (reader.Text() is { IsEmpty: false } directory)
            directories.Add(directory.ToArray());
        var files = new List<(byte[], int)> { (unit.Text(unit.Root.Name).ToArray(), 0) };
        while (reader.Text() is { IsEmpty: false } name)
        {
            files.Add((name.ToArray(), Small(reader.Uleb())));
            reader.SkipLeb();
            reader.SkipLeb();
        }
        return new LineFiles(unit, directories, files);
    }

    /// <summary>The tables of DWARF 5: each begins with what its entries consist of (§6.2.4).</summary>
    public static LineFiles ReadNew(Unit unit, Encoding encoding, ref ByteReader reader)
    {
        var directories = ReadEntries(unit, encoding, ref reader);
        var files = ReadEntries(unit, encoding, ref reader);
        return new LineFiles(unit, [.. directories.Select(d => d.Text)], files);
    }

    static List<(byte[] Text, int Directory)> ReadEntries(Unit unit, Encoding encoding, ref ByteReader reader)
    {
        const ulong Path = 1, DirectoryIndex = 2;
        var formats = new (ulong Content, ushort Form)[reader.U8()];
        var least = 0;
        for (var i = 0; i < formats.Length; i++)
        {
            formats[i] = (reader.Uleb(), (ushort)Math.Min(reader.Uleb(), ushort.MaxValue));
            least += encoding.SizeOf(formats[i].Form) is 0 ? 0 : 1;
        }
        var entries = new List<(byte[], int)>();
        var count = reader.Uleb();
        if (count > 0 && least == 0)
            SymbolFormatException.Throw("has a table of files without a form");
        for (; count > 0; count--)
        {
            var (text, directory) = (Array.Empty<byte>(), 0);
            foreach (var (content, form) in formats)
            {
                if (content == Path)
                    text = ReadText(unit, encoding, ref reader, form);
                else if (content == DirectoryIndex)
                    directory = Small(encoding.Read(ref reader, form, 0).Number);
                else
                    encoding.Skip(ref reader, form);
            }
            entries.Add((text, directory));
        }
        return entries;
    }

    static byte[] ReadText(Unit unit, Encoding encoding, ref ByteReader reader, ushort form) =>
        form == Form.String ? reader.Text().ToArray() : unit.Text(encoding.Read(ref reader, form, 0)).ToArray();

    static int Small(ulong number) => (int)Math.Min(number, int.MaxValue);
}
