namespace VmAtlas.Formats.Vmatlas;

/// <summary>Differences that wrap at 64 bits as small numbers of either sign: 0, −1, 1, −2 … are 0, 1, 2, 3 ….</summary>
static class ZigZag
{
    public static ulong Of(ulong value, ulong before)
    {
        var difference = unchecked((long)(value - before));
        return unchecked((ulong)(difference << 1 ^ difference >> 63));
    }

    public static ulong Back(ulong stored, ulong before) => unchecked(before + (stored >> 1 ^ 0 - (stored & 1)));
}
