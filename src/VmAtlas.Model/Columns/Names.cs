namespace VmAtlas.Model;

/// <summary>Comparison of names as people write them: case, spaces, dashes and underscores do not matter.</summary>
static class Names
{
    public static bool Same(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        var (i, j) = (0, 0);
        while (true)
        {
            while (i < a.Length && IsFiller(a[i]))
                i++;
            while (j < b.Length && IsFiller(b[j]))
                j++;
            if (i == a.Length || j == b.Length)
                return i == a.Length && j == b.Length;
            if (char.ToUpperInvariant(a[i++]) != char.ToUpperInvariant(b[j++]))
                return false;
        }
    }

    /// <summary>The candidate nearest to a misspelt name, or null when none is near: more than a third of its letters differ.</summary>
    public static string? Nearest(string name, IEnumerable<string> candidates)
    {
        var (best, distance) = ((string?)null, (name.Length / 3) + 2);
        foreach (var candidate in candidates)
        {
            if (Math.Abs(candidate.Length - name.Length) < distance && Distance(name, candidate) is var d && d < distance)
                (best, distance) = (candidate, d);
        }
        return best;
    }

    /// <summary>Levenshtein's distance, without regard to case.</summary>
    static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j < row.Length; j++)
            row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var same = char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]);
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (same ? 0 : 1)));
            }
        }
        return row[^1];
    }

    static bool IsFiller(char c) => c is ' ' or '-' or '_';
}
