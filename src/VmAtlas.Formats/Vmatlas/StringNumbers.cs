using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>The file's own numbering of texts, and which of them the file does not have yet.</summary>
/// <remarks>A snapshot's table may hold texts that no row uses, and snapshots may come with different tables: only what is used gets a number.</remarks>
sealed class StringNumbers
{
    readonly StringTable _file = new();
    StringTable? _from;
    int[] _numbers = [];
    int _written;

    /// <summary>Says whose numbers <see cref="Of(int)"/> gets from now on.</summary>
    public void ReadFrom(StringTable strings)
    {
        if (!ReferenceEquals(strings, _from))
            Array.Clear(_numbers);
        _from = strings;
        if (_numbers.Length < strings.Count)
            Array.Resize(ref _numbers, Math.Max(strings.Count, _numbers.Length * 2));
    }

    /// <summary>The file's number of a text of the snapshot's table. Number 0 is the empty text in both.</summary>
    public ulong Of(int number)
    {
        if (number == 0)
            return 0;
        if (_numbers[number] == 0)
            _numbers[number] = _file.Intern(_from!.Utf8(number));
        return (ulong)_numbers[number];
    }

    public ulong Of(string text) => (ulong)_file.Intern(text);

    /// <summary>Writes the texts that came since the last call: number of the first, how many, their lengths, their bytes. False when there are none.</summary>
    public bool WriteNew(ByteBuffer into)
    {
        var first = Math.Max(1, _written);
        if (first == _file.Count)
            return false;
        into.VarInt(first);
        into.VarInt(_file.Count - first);
        for (var i = first; i < _file.Count; i++)
            into.VarInt(_file.Utf8(i).Length);
        for (var i = first; i < _file.Count; i++)
            into.Bytes(_file.Utf8(i));
        _written = _file.Count;
        return true;
    }
}
