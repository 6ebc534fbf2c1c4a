namespace VmAtlas.Symbols.Bytes;

/// <summary>The bytes of one section, contiguous, and read from the file only where they are looked at.</summary>
/// <remarks>Room for the whole section is set aside, but memory that is never written costs nothing; a debug section of a gigabyte of which
/// three compilation units are needed costs those. Safe to use from several threads.</remarks>
sealed class SectionData
{
    const int ChunkBits = 16;

    /// <summary>A text longer than this is cut: no compiler makes such names, a hostile file may.</summary>
    const int MaxText = 1 << 16;

    /// <summary>A section without bytes, for those that are not there.</summary>
    public static readonly SectionData Empty = new([]);

    readonly byte[] _bytes;
    readonly IFileBytes? _file;
    readonly long _offset;
    readonly int[] _here = [];
    int _missing;

    public SectionData(byte[] bytes) => _bytes = bytes;

    /// <exception cref="SymbolFormatException">The section passes the end of the file, or is larger than an array can be.</exception>
    public SectionData(IFileBytes file, ulong offset, ulong length)
    {
        if (offset > (ulong)file.Length || length > (ulong)file.Length - offset)
            SymbolFormatException.Throw("has a section that passes the end of the file");
        if (length > (ulong)Array.MaxLength)
            SymbolFormatException.Throw("has a section of more than 2 GiB, which is not supported");
        (_file, _offset) = (file, (long)offset);
        _bytes = GC.AllocateUninitializedArray<byte>((int)length);
        _missing = (_bytes.Length + (1 << ChunkBits) - 1) >> ChunkBits;
        _here = new int[_missing];
    }

    public int Length => _bytes.Length;

    public ReadOnlySpan<byte> All => Slice(0, (ulong)Length);

    /// <exception cref="SymbolFormatException">The section is not so long.</exception>
    public ReadOnlySpan<byte> Slice(ulong at, ulong length)
    {
        if (at > (ulong)Length || length > (ulong)Length - at)
            SymbolFormatException.Throw("refers to bytes behind the end of a section");
        Load((int)at, (int)length);
        return _bytes.AsSpan((int)at, (int)length);
    }

    /// <summary>From an offset to the end of the section.</summary>
    public ReadOnlySpan<byte> From(ulong at) => Slice(at, at > (ulong)Length ? 0 : (ulong)Length - at);

    /// <summary>The text at an offset, up to its zero byte.</summary>
    public ReadOnlySpan<byte> Text(ulong at)
    {
        if (at >= (ulong)Length)
            SymbolFormatException.Throw("refers to a text behind the end of a section");
        for (var window = 256; ; window = MaxText)
        {
            var text = Slice(at, (ulong)Math.Min(window, Length - (int)at));
            var end = text.IndexOf((byte)0);
            if (end >= 0 || window == MaxText)
                return end < 0 ? text : text[..end];
        }
    }

    void Load(int at, int length)
    {
        if (length == 0 || Volatile.Read(ref _missing) == 0)
            return;
        for (var chunk = at >> ChunkBits; chunk <= (at + length - 1) >> ChunkBits; chunk++)
        {
            if (Volatile.Read(ref _here[chunk]) == 0)
                LoadFrom(chunk, (at + length - 1) >> ChunkBits);
        }
    }

    /// <summary>Reads the run of missing chunks that begins here, in one call. Two threads may read the same chunk: they write the same bytes.</summary>
    void LoadFrom(int first, int last)
    {
        var end = first + 1;
        while (end <= last && Volatile.Read(ref _here[end]) == 0)
            end++;
        var start = first << ChunkBits;
        var into = _bytes.AsSpan(start, (int)Math.Min((long)end << ChunkBits, Length) - start);
        // A file that became shorter since it was opened reads as zeros, which every reader refuses in its own way.
        into[_file!.Read(_offset + start, into)..].Clear();
        for (var chunk = first; chunk < end; chunk++)
        {
            if (Interlocked.Exchange(ref _here[chunk], 1) == 0)
                Interlocked.Decrement(ref _missing);
        }
    }
}
