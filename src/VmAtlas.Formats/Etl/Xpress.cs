using System.Buffers.Binary;

namespace VmAtlas.Formats.Etl;

/// <summary>Plain LZ77 as [MS-XCA] 2.4 describes it: how Windows packs the buffers of merged traces.</summary>
static class Xpress
{
    /// <summary>Fills <paramref name="into"/>.</summary>
    /// <exception cref="InvalidDataException">The data ends before, or points to before its begin.</exception>
    public static void Unpack(ReadOnlySpan<byte> packed, Span<byte> into)
    {
        var from = new Source(packed);
        for (var done = 0; done < into.Length;)
        {
            if (!from.NextIsMatch())
            {
                into[done++] = from.Byte();
                continue;
            }
            var word = from.Word();
            var (distance, length) = ((word >> 3) + 1, from.Length(word & 7));
            if (distance > done || length > into.Length - done)
                throw new InvalidDataException("a packed buffer does not make sense");
            for (; length > 0; length--, done++) // what is copied may be what was just written
                into[done] = into[done - distance];
        }
    }

    ref struct Source(ReadOnlySpan<byte> bytes)
    {
        readonly ReadOnlySpan<byte> _bytes = bytes;
        int _at, _halfUsed = -1, _flagsLeft;
        uint _flags;

        public bool NextIsMatch()
        {
            if (_flagsLeft == 0)
                (_flags, _flagsLeft) = (BinaryPrimitives.ReadUInt32LittleEndian(Take(4)), 32);
            _flagsLeft--;
            return (_flags >> _flagsLeft & 1) != 0;
        }

        public byte Byte() => Take(1)[0];

        public int Word() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

        /// <summary>A length of 7 or more goes on in half a byte, then in a byte, then in two, then in four.</summary>
        public int Length(int length)
        {
            const int shortest = 3, small = 7, half = 15;
            if (length < small)
                return length + shortest;
            length = Half();
            if (length < half)
                return length + small + shortest;
            length = Byte();
            if (length < byte.MaxValue)
                return length + half + small + shortest;
            length = Word();
            if (length == 0)
                length = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)), int.MaxValue / 2);
            return length >= half + small ? length + shortest : throw new InvalidDataException("a packed buffer does not make sense");
        }

        /// <summary>Two lengths share a byte, whatever lies between them.</summary>
        int Half()
        {
            if (_halfUsed >= 0)
            {
                var upper = _bytes[_halfUsed] >> 4;
                _halfUsed = -1;
                return upper;
            }
            _halfUsed = _at;
            return Byte() & 15;
        }

        ReadOnlySpan<byte> Take(int count)
        {
            if (count > _bytes.Length - _at)
                throw new InvalidDataException("a packed buffer ends early");
            _at += count;
            return _bytes.Slice(_at - count, count);
        }
    }
}
