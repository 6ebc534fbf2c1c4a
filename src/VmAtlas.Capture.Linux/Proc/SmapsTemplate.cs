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

    readonly record struct Line(Vector128<byte> Key, Vector128<byte> Zero, SmapsKey Field, bool HasUnit);

    readonly Line[] _lines = new Line[MaxLines];
    readonly byte[] _zeros = new byte[MaxLines * KibLength];
    int _count, _length, _quiet;
    bool _closed;

    /// <summary>Bytes of all the lines learnt.</summary>
    public int Length => _length;

    /// <summary>Whether a mapping has been learnt.</summary>
    public bool IsReady => _closed && _count > 0;

    /// <summary>The keys learnt, as bits: what a mapping that matches told.</summary>
    public uint Keys { get; private set; }

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
        var zero = _zeros.AsSpan(_length, length);
        line[..16].CopyTo(zero);
        (length == KibLength ? "       0 kB\n"u8 : "       0\n"u8).CopyTo(zero[16..]);
        _lines[_count++] = new Line(Vector128.Create(line[..16]), Vector128.Create(zero[^16..]), field, length == KibLength);
        _length += length;
        Keys |= 1u << (int)field;
    }

    /// <summary>A mapping ended: so does the template.</summary>
    public void Close() => _closed |= _count > 0;

    /// <summary>Reads the lines at the start of a text and returns how many bytes they took; 0 when they are not as learnt.</summary>
    /// <param name="values">All zero before; half filled after a failure.</param>
    public int Match(ReadOnlySpan<byte> text, SmapsValues values)
    {
        if (text.Length < _length)
            return 0;
        // Every line's length is known, so the check above bounds all reads below.
        ref var at = ref MemoryMarshal.GetReference(text);
        var (offset, quiet) = (0, 0);
        for (var i = 0; i < _count; i++)
        {
            // Where the mapping before had only zeros left, this one mostly has too: one compare for all of them.
            if (i == _quiet && text[offset.._length].SequenceEqual(_zeros.AsSpan(offset, _length - offset)))
                break;
            ref readonly var line = ref _lines[i];
            var length = line.HasUnit ? KibLength : PlainLength;
            var key = Vector128.LoadUnsafe(ref at) ^ line.Key;
            var tail = Vector128.LoadUnsafe(ref at, (nuint)(length - 16)) ^ line.Zero;
            if ((key | tail) != Vector128<byte>.Zero)
            {
                if (!TryNumber(ref at, line, key, values))
                    return 0;
                quiet = i + 1;
            }
            at = ref Unsafe.Add(ref at, length);
            offset += length;
        }
        _quiet = quiet;
        return _length;
    }

    /// <summary>A line whose number is not zero, or that is another one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool TryNumber(ref byte at, in Line line, Vector128<byte> key, SmapsValues values)
    {
        const uint Unit = 0x0a426b20; // " kB\n"
        var ended = line.HasUnit ? Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref at, 24)) == Unit : Unsafe.Add(ref at, 24) == '\n';
        if (key != Vector128<byte>.Zero || !ended || !TryDigits(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, 16)), out var number))
            return false;
        values[line.Field] = number;
        return true;
    }

    /// <summary>Eight bytes, spaces and then digits, read as a little-endian word: neighbours are joined to pairs, fours and eights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool TryDigits(ulong text, out ulong number)
    {
        const ulong HighNibbles = 0xf0f0f0f0f0f0f0f0, Spaces = 0x1010101010101010;
        unchecked
        {
            number = (text & 0x0f0f0f0f0f0f0f0f) * 2561 >> 8;
            number = (number & 0x00ff00ff00ff00ff) * 6553601 >> 16;
            number = (number & 0x0000ffff0000ffff) * 42949672960001 >> 32;
        }
        return ((text | Spaces) & HighNibbles) == 0x3030303030303030;
    }
}
