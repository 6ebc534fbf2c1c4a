using System.Text;

namespace VmAtlas.Model;

/// <summary>What each region of two snapshots is, as numbers that compare between them.</summary>
/// <remarks>
/// <see cref="Exact"/> is the text of the details. <see cref="Normal"/> is that text without what differs between two runs of a
/// program though nothing changed: numbers and addresses. "thread 4711 (worker)" and "thread 96 (worker)" are both "thread # (worker)".
/// </remarks>
sealed class RegionIdentity
{
    RegionIdentity(int[] exact, int[] normal) => (Exact, Normal) = (exact, normal);

    /// <summary>By number of region; equal texts have equal numbers, 0 is the empty text.</summary>
    public int[] Exact { get; }

    public int[] Normal { get; }

    public static (RegionIdentity Before, RegionIdentity After) Of(Snapshot before, Snapshot after)
    {
        var (exact, normal) = (new Dictionary<string, int> { [""] = 0 }, new Dictionary<string, int> { [""] = 0 });
        return (Of(before), Of(after));

        RegionIdentity Of(Snapshot snapshot)
        {
            var known = new (int Exact, int Normal)[snapshot.Strings.Count];
            var (ofExact, ofNormal) = (new int[snapshot.Regions.Count], new int[snapshot.Regions.Count]);
            for (var r = 0; r < ofExact.Length; r++)
            {
                var text = snapshot.Regions.Details[r];
                if (known[text] == default && text != 0)
                    known[text] = (Number(exact, snapshot.Strings[text]), Number(normal, Normalise(snapshot.Strings[text])));
                (ofExact[r], ofNormal[r]) = known[text];
            }
            return new RegionIdentity(ofExact, ofNormal);
        }
    }

    static int Number(Dictionary<string, int> numbers, string text)
    {
        if (!numbers.TryGetValue(text, out var number))
            numbers[text] = number = numbers.Count;
        return number;
    }

    /// <summary>Every word of digits, and every word of hexadecimal digits that has a digit and is four or longer, becomes "#".</summary>
    internal static string Normalise(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var end = at;
            while (end < text.Length && char.IsAsciiLetterOrDigit(text[end]))
                end++;
            var word = text.AsSpan(at, end - at);
            if (IsVarying(word))
                result.Append('#');
            else
                result.Append(word);
            if (end < text.Length)
                result.Append(text[end]);
            at = end + 1;
        }
        return result.ToString();
    }

    static bool IsVarying(ReadOnlySpan<char> word)
    {
        if (word.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            word = word[2..];
        var digits = 0;
        foreach (var c in word)
        {
            if (!char.IsAsciiHexDigit(c))
                return false;
            digits += char.IsAsciiDigit(c) ? 1 : 0;
        }
        return digits > 0 && (digits == word.Length || word.Length >= 4);
    }
}
