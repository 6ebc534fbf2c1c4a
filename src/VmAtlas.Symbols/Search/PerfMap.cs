using System.Globalization;
using System.Text;
using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols;

/// <summary>Names of code that a runtime made: <c>/tmp/perf-PID.map</c>, a line "START SIZE name" for each piece, numbers in hexadecimal (perf's
/// jit-interface.txt). Written by .NET (DOTNET_PerfMapEnabled=1), Node (--perf-basic-prof), Java (perf-map-agent).</summary>
/// <remarks>Addresses are those of the process. Code is dropped and made anew in its place: of pieces that overlap the later line is right.
/// The file belongs to the target: its lines and its length are bounded, and a line that makes no sense is left out.</remarks>
public sealed class PerfMap
{
    /// <summary>Bytes read; a million methods have some 100 MB.</summary>
    const int MaxLength = 256 << 20;

    /// <summary>A name is cut here.</summary>
    const int MaxName = 4096;

    const ulong MaxSize = 1 << 30;

    readonly byte[] _text;
    readonly List<(ulong Start, ulong End, int Name)> _pieces = [];

    PerfMap(byte[] text)
    {
        _text = text;
        Read();
        _pieces.Sort((a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : a.Name.CompareTo(b.Name));
    }

    /// <summary>Pieces of code.</summary>
    public int Count => _pieces.Count;

    public static PerfMap Read(IFileBytes file)
    {
        var text = new byte[(int)Math.Min(file.Length, MaxLength)];
        return new PerfMap(text[..file.Read(0, text)]);
    }

    /// <summary>The name of the code at an address of the process; null when it is of no piece.</summary>
    public string? NameAt(ulong address)
    {
        var (low, high) = (0, _pieces.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_pieces[middle].Start <= address)
                low = middle + 1;
            else
                high = middle;
        }
        // The last to begin here: pieces that were made anew begin where the old ones did, or their ranges were cut up.
        return low > 0 && address < _pieces[low - 1].End ? NameOf(_pieces[low - 1].Name) : null;
    }

    void Read()
    {
        for (var at = 0; at < _text.Length;)
        {
            var rest = _text.AsSpan(at);
            var length = rest.IndexOf((byte)'\n');
            if (length < 0)
                length = rest.Length;
            ReadLine(rest[..length], at);
            at += length + 1;
        }
    }

    void ReadLine(ReadOnlySpan<byte> line, int at)
    {
        var first = line.IndexOf((byte)' ');
        var second = first < 0 ? -1 : line[(first + 1)..].IndexOf((byte)' ');
        if (second < 0 || !TryHex(line[..first], out var start) || !TryHex(line.Slice(first + 1, second), out var size)
            || size is 0 or > MaxSize || start > ulong.MaxValue - size)
            return;
        _pieces.Add((start, start + size, at + first + second + 2));
    }

    /// <summary>Some writers put 0x before numbers.</summary>
    static bool TryHex(ReadOnlySpan<byte> text, out ulong value) =>
        ulong.TryParse(text.StartsWith("0x"u8) ? text[2..] : text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);

    string NameOf(int at)
    {
        var rest = _text.AsSpan(at);
        var end = rest.IndexOf((byte)'\n');
        return Encoding.UTF8.GetString(rest[..Math.Min(end < 0 ? rest.Length : end, MaxName)]);
    }
}
