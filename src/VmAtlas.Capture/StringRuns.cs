using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Capture;

/// <summary>The run at hand of one encoding: it lives on from chunk to chunk until a character that does not belong ends it.</summary>
abstract class StringRuns<TUnit>(StringEncoding encoding, SearchValues<TUnit> printable, int least, StringFound found)
    where TUnit : unmanaged, IBinaryInteger<TUnit>
{
    static readonly uint UnitBytes = (uint)Unsafe.SizeOf<TUnit>();

    readonly char[] _run = new char[StringScanner.LongestRun];
    ulong _start;
    int _length;
    bool _told;

    protected void FeedUnits(ReadOnlySpan<TUnit> units, ulong address)
    {
        for (var at = 0; at < units.Length;)
        {
            if (_length == 0)
            {
                var skip = units[at..].IndexOfAny(printable);
                if (skip < 0)
                    return;
                at += skip;
                _start = address + ((ulong)at * UnitBytes);
            }
            var length = units[at..].IndexOfAnyExcept(printable);
            Append(length < 0 ? units[at..] : units.Slice(at, length));
            if (length < 0)
                return;
            End();
            at += length;
        }
    }

    /// <summary>The run is over: told when it is long enough, and also when it is the rest of one that was.</summary>
    public void End()
    {
        if (_length >= least || _told && _length > 0)
            found(new Address(_start), encoding, _run.AsSpan(0, _length));
        _length = 0;
        _told = false;
    }

    void Append(ReadOnlySpan<TUnit> units)
    {
        foreach (var unit in units)
        {
            if (_length == _run.Length)
                TellPiece();
            _run[_length++] = (char)ushort.CreateTruncating(unit);
        }
    }

    void TellPiece()
    {
        found(new Address(_start), encoding, _run);
        _start += (ulong)_run.Length * UnitBytes;
        _length = 0;
        _told = true;
    }
}

/// <summary>Bytes 0x20 to 0x7e, and the tab.</summary>
sealed class AsciiRuns(int least, StringFound found) : StringRuns<byte>(StringEncoding.Ascii, s_printable, least, found)
{
    static readonly SearchValues<byte> s_printable = SearchValues.Create([(byte)'\t', .. Enumerable.Range(0x20, 0x5f).Select(i => (byte)i)]);

    public void Feed(ReadOnlySpan<byte> bytes, ulong address) => FeedUnits(bytes, address);
}

/// <summary>UTF-16, little end first, of one parity of address: strings need not lie on even ones.</summary>
/// <remarks>Counted as printable are Latin, Greek and Cyrillic letters and signs. Other scripts would be right too, but two random bytes
/// are a Chinese character one time in three, and a list of noise helps nobody.</remarks>
sealed class Utf16Runs(int least, StringFound found, uint parity) : StringRuns<char>(StringEncoding.Utf16, s_printable, least, found)
{
    static readonly SearchValues<char> s_printable = SearchValues.Create(
        [.. Range('\t', '\t'), .. Range(' ', '~'), .. Range('\u00a0', '\u024f'), .. Range('\u0370', '\u03ff'), .. Range('\u0400', '\u052f')]);

    byte _half;
    bool _hasHalf;

    public void Feed(ReadOnlySpan<byte> bytes, ulong address)
    {
        if (!bytes.IsEmpty && (address & 1) != parity)
        {
            if (_hasHalf)
                FeedUnits([(char)(_half | bytes[0] << 8)], address - 1);
            bytes = bytes[1..];
            address++;
        }
        _hasHalf = (bytes.Length & 1) != 0;
        if (_hasHalf)
            _half = bytes[^1];
        FeedUnits(MemoryMarshal.Cast<byte, char>(bytes), address);
    }

    /// <summary>The next byte is not known.</summary>
    public void Abandon()
    {
        End();
        _hasHalf = false;
    }

    static IEnumerable<char> Range(char first, char last) => Enumerable.Range(first, last - first + 1).Select(c => (char)c);
}
