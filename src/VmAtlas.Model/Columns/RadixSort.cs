namespace VmAtlas.Model;

/// <summary>Stable sorting by 64-bit keys in linear time: least significant digit first, six digits of eleven bits, of which
/// those that are equal in all keys cost one look.</summary>
static class RadixSort
{
    const int DigitBits = 11;
    const int Digits = 1 << DigitBits;

    /// <summary>The items in ascending order of their keys; both arrays are used as work space.</summary>
    public static int[] Sort(ulong[] keys, int[] items)
    {
        var (otherKeys, otherItems) = (new ulong[keys.Length], new int[items.Length]);
        var starts = new int[Digits];
        for (var shift = 0; shift < 64; shift += DigitBits)
        {
            Array.Clear(starts);
            foreach (var key in keys)
                starts[key >> shift & (Digits - 1)]++;
            if (keys.Length == 0 || starts[keys[0] >> shift & (Digits - 1)] == keys.Length)
                continue;
            var at = 0;
            for (var d = 0; d < Digits; d++)
                (starts[d], at) = (at, at + starts[d]);
            for (var i = 0; i < keys.Length; i++)
            {
                var to = starts[keys[i] >> shift & (Digits - 1)]++;
                (otherKeys[to], otherItems[to]) = (keys[i], items[i]);
            }
            (keys, otherKeys, items, otherItems) = (otherKeys, keys, otherItems, items);
        }
        return items;
    }
}
