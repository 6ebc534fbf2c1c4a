using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>Reads "rd wr mr mw me ac". A process has few different texts, so each is looked up whole first.</summary>
sealed class VmFlagsText
{
    const int Slots = 32, MaxText = 128;

    readonly byte[] _texts = new byte[Slots * MaxText];
    readonly int[] _lengths = new int[Slots];
    readonly ulong[] _flags = new ulong[Slots];

    /// <param name="codes">The text after "VmFlags: ".</param>
    public ulong Parse(ReadOnlySpan<byte> codes)
    {
        if (codes.Length is < 6 or > MaxText)
            return Read(codes);
        // The last two codes and the length: what differs between neighbours is mostly there.
        var slot = (codes[^2] + codes[^3] * 5 + codes[^5] * 3 + codes.Length) % Slots;
        var known = _texts.AsSpan(slot * MaxText, _lengths[slot]);
        if (!known.SequenceEqual(codes))
        {
            codes.CopyTo(_texts.AsSpan(slot * MaxText));
            _lengths[slot] = codes.Length;
            _flags[slot] = Read(codes);
        }
        return _flags[slot];
    }

    static ulong Read(ReadOnlySpan<byte> codes)
    {
        var flags = 0UL;
        while (codes.Length >= 2)
        {
            if (codes[0] != ' ')
                flags |= VmFlags.Bit([(char)codes[0], (char)codes[1]]);
            codes = codes[Math.Min(3, codes.Length)..];
        }
        return flags;
    }
}
