using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>Writes many numbers of <see cref="ByteBuffer.VarInt(ulong)"/>'s form into room that was reserved for them. How long one is can not be foretold, so no branch
/// asks for it where the processor spreads bits itself.</summary>
ref struct VarIntWriter(Span<byte> room)
{
    const ulong SevenBits = 0x7f7f7f7f7f7f7f7f, Continued = 0x8080808080808080;

    readonly ref byte _to = ref MemoryMarshal.GetReference(room);

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void VarInt(ulong value)
    {
        if (Bmi2.X64.IsSupported && value < 1UL << 56)
        {
            // BitOperations.Log2(0) is 0: one byte.
            var more = BitOperations.Log2(value) / 7;
            var bytes = Bmi2.X64.ParallelBitDeposit(value, SevenBits) | Continued & ((1UL << more * 8) - 1);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref _to, Length), bytes);
            Length += more + 1;
        }
        else
            VarIntByBytes(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    void VarIntByBytes(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            Unsafe.Add(ref _to, Length++) = (byte)(value & 0x7f | 0x80);
        Unsafe.Add(ref _to, Length++) = (byte)value;
    }
}
