using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>The numeric lines below a mapping's header, as the first mapping had them: every mapping of one kernel has the same keys in the
/// same places, so a line is known by one compare of 16 bytes and read as eight digits at a fixed place.</summary>
/// <remarks>
/// <code>
/// Private_Dirty:        12 kB\n     16 bytes of key and padding, 8 of number, 4 of unit:  28
/// THPeligible:           0\n        the same without a unit:                              25
/// </code>
/// A number of more than eight digits (100 GB and more) makes its line longer; then, as with anything else unexpected, the mapping does
/// not match and is read line by line.
/// </remarks>
sealed class SmapsTemplate
{
    const int MaxLines = 64, KibLength = 28, PlainLength = 25;

    readonly record struct Line(Vector128<byte> Key, SmapsKey Field, bool HasUnit);

    readonly Line[] _lines = new Line[MaxLines];
    int _count, _length;
    bool _closed;

    /// <summary>Whether a mapping has been learnt.</summary>
    public bool IsReady => _closed && _count > 0;

    /// <summary>Adds the next line, given without its newline; the first that does not fit the pattern ends the template.</summary>
    public void Learn(ReadOnlySpan<byte> line, SmapsKey field)
    {
        if (_closed)
            return;
        var length = line.Length + 1;
        if (length is not (KibLength or PlainLength) || field == SmapsKey.VmFlags || _count == MaxLines)
        {
            _closed = true;
            return;
        }
        _lines[_count++] = new Line(Vector128.Create(line[..16]), field, length == KibLength);
        _length += length;
    }

    /// <summary>A mapping ended: so does the template.</summary>
    public void Close() => _closed |= _count > 0;

    /// <summary>Reads the lines at the start of a text and returns how many bytes they took; 0 when they are not as learnt.</summary>
    public int Match(ReadOnlySpan<byte> text, ref SmapsValues values)
    {
        if (text.Length < _length)
            return 0;
        // Every line's length is known, so the check above bounds all reads below.
        ref var at = ref MemoryMarshal.GetReference(text);
        foreach (ref readonly var line in _lines.AsSpan(0, _count))
        {
            if (Vector128.LoadUnsafe(ref at) != line.Key)
                return 0;
            if (!TryParseDigits(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, 16)), out var number))
                return 0;
            if (line.HasUnit)
            {
                if (Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref at, 24)) != 0x0a426b20) // " kB\n"
                    return 0;
            }
            else if (Unsafe.Add(ref at, 24) != '\n')
            {
                return 0;
            }
            values[(int)line.Field] = number;
            at = ref Unsafe.Add(ref at, line.HasUnit ? KibLength : PlainLength);
        }
        return _length;
    }

    /// <summary>Eight bytes, spaces and then digits, read as a little-endian word: neighbours are joined to pairs, fours and eights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool TryParseDigits(ulong text, out ulong number)
    {
        const ulong ZeroAlone = 0x3020202020202020, HighNibbles = 0xf0f0f0f0f0f0f0f0, Spaces = 0x1010101010101010;
        number = 0;
        if (text == ZeroAlone)
            return true;
        unchecked
        {
            number = (text & 0x0f0f0f0f0f0f0f0f) * 2561 >> 8;
            number = (number & 0x00ff00ff00ff00ff) * 6553601 >> 16;
            number = (number & 0x0000ffff0000ffff) * 42949672960001 >> 32;
        }
        return ((text | Spaces) & HighNibbles) == 0x3030303030303030;
    }
}
