using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>The texts of a file: its numbers, and the table that all its snapshots share.</summary>
sealed class FileStrings(ReaderLimits limits)
{
    /// <summary>Shown in place of a text whose chunk is damaged.</summary>
    const string Lost = "(this text was in a damaged part of the file)";

    int[] _numbers = [0];
    int _count = 1;
    int _lost = -1;

    public StringTable Table { get; } = new();

    /// <summary>Adds a chunk of texts: the mirror of <see cref="StringNumbers.WriteNew"/>.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        var from = new ByteCursor(bytes);
        var first = from.Count(limits.Strings, "as the number of a text");
        var count = from.Count(Math.Min(limits.Strings - first, from.Remaining), "texts");
        if (first < _count)
            throw new InvalidDataException($"text {first} is there twice");
        var lengths = new int[count];
        for (var i = 0; i < count; i++)
            lengths[i] = from.Count(limits.TextBytes, "bytes of a text");
        Reserve(first + count);
        while (_count < first)
            _numbers[_count++] = Table.Intern(Lost);
        foreach (var length in lengths)
        {
            if (Table.Utf8Length > limits.StringBytes - length)
                throw new InvalidDataException($"the texts are more than {limits.StringBytes} bytes");
            _numbers[_count++] = Table.Intern(from.Bytes(length));
        }
        if (!from.AtEnd)
            throw new InvalidDataException("bytes are left over after the last text");
    }

    /// <summary>The table's number of a text of the file.</summary>
    public int Of(ulong number)
    {
        if (number < (ulong)_count)
            return _numbers[(int)number];
        return _lost >= 0 ? _lost : throw new InvalidDataException($"text {number} is not in the file, which has {_count}");
    }

    /// <summary>Part of the file is damaged: texts that are not there were in it.</summary>
    public void TakeMissingAsLost() => _lost = Table.Intern(Lost);

    public string Text(ulong number) => Table[Of(number)];

    void Reserve(int count)
    {
        if (_numbers.Length < count)
            Array.Resize(ref _numbers, Math.Max(count, _numbers.Length * 2));
    }
}
