namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Whether chunks seem to begin at an address: so many headers, one leading to the next, that chance is out of the question,
/// or a row that ends exactly at the arena's top.</summary>
/// <remarks>Wrong where a large block holds what chunks were before: such a row is sound, and old.</remarks>
static class SoundRow
{
    const int Needed = 12;

    public static bool BeginsAt(ReadOnlySpan<ulong> words, ulong at, ulong top, Func<ulong, ulong, bool> isSound)
    {
        for (int i = 1, row = 0; i < words.Length; row++)
        {
            if (row == Needed || at == top)
                return true;
            if (!isSound(words[i], at))
                return false;
            var size = words[i] & ~7UL;
            if (size > (ulong)(words.Length - i) * 8)
                return false;
            at += size;
            i += (int)(size >> 3);
        }
        return false;
    }
}
