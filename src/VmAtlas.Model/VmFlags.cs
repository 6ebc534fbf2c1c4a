namespace VmAtlas.Model;

/// <summary>The two-letter VmFlags of smaps as bits of a 64-bit mask; a code this build does not know gets a bit of its own.</summary>
/// <remarks>
/// Source: <c>show_smap_vma_flags</c> in the kernel's <c>fs/proc/task_mmu.c</c>. Known codes have fixed bits, so masks of different
/// snapshots compare; unknown ones are numbered from <see cref="FirstFreeBit"/> in the order met, process-wide. When the bits
/// run out the code is dropped and <see cref="Overflowed"/> says so.
/// </remarks>
public static class VmFlags
{
    static readonly string[] s_known =
    [
        "rd", "wr", "ex", "sh", "mr", "mw", "me", "ms", "gd", "pf", "lo", "io", "sr", "rr", "dc", "de", "ac", "nr", "ht", "sf",
        "ar", "wf", "dd", "sd", "mm", "hg", "nh", "mg", "bt", "mt", "um", "uw", "ui", "ss", "sl", "gu", "dp", "lf", "nl",
    ];

    public const int FirstFreeBit = 40;

    // Before the bits below: static fields are made in the order they stand in.
    static readonly string?[] s_codes = MakeCodes();
    static readonly Lock s_lock = new();

    public static readonly ulong Accounted = Bit("ac");
    public static readonly ulong NoReserve = Bit("nr");
    public static readonly ulong GrowsDown = Bit("gd");
    public static readonly ulong Locked = Bit("lo");
    public static readonly ulong HugeTlb = Bit("ht");
    public static readonly ulong IoDevice = Bit("io");
    public static readonly ulong PfnMap = Bit("pf");
    public static readonly ulong GuardPages = Bit("gu");

    /// <summary>Whether a code had to be dropped because all 64 bits were taken.</summary>
    public static bool Overflowed { get; private set; }

    /// <summary>The bit of a two-letter code; 0 when no bit is left.</summary>
    public static ulong Bit(ReadOnlySpan<char> code)
    {
        for (var i = 0; i < s_codes.Length; i++)
        {
            if (s_codes[i] is { } known && code.SequenceEqual(known))
                return 1UL << i;
        }
        return AddUnknown(code);
    }

    /// <summary>The codes of a mask as the kernel writes them: "rd wr mr mw me ac".</summary>
    public static string ToText(ulong flags)
    {
        var codes = new List<string>();
        for (var i = 0; i < 64; i++)
        {
            if ((flags >> i & 1) != 0)
                codes.Add(s_codes[i] ?? $"bit{i}");
        }
        return string.Join(' ', codes);
    }

    /// <summary>Reads a text made by <see cref="ToText"/> or by the kernel.</summary>
    public static ulong Parse(ReadOnlySpan<char> text)
    {
        var flags = 0UL;
        foreach (var part in text.Split(' '))
        {
            if (!text[part].IsEmpty)
                flags |= Bit(text[part]);
        }
        return flags;
    }

    static ulong AddUnknown(ReadOnlySpan<char> code)
    {
        lock (s_lock)
        {
            for (var i = FirstFreeBit; i < 64; i++)
            {
                if (s_codes[i] is null)
                    s_codes[i] = code.ToString();
                if (code.SequenceEqual(s_codes[i]))
                    return 1UL << i;
            }
            Overflowed = true;
            return 0;
        }
    }

    static string?[] MakeCodes()
    {
        var codes = new string?[64];
        s_known.CopyTo(codes, 0);
        return codes;
    }
}
