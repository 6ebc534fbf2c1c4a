namespace VmAtlas.Model;

/// <summary>The two-letter VmFlags of smaps as bits of a 64-bit mask; a code this build does not know gets a bit of its own.</summary>
/// <remarks>
/// Source: <c>show_smap_vma_flags</c> in the kernel's <c>fs/proc/task_mmu.c</c>. Known codes have fixed bits, so masks of different
/// snapshots compare; unknown ones are numbered from <see cref="FirstFreeBit"/> in the order met, process-wide. When the bits
/// run out the code is dropped and <see cref="Overflowed"/> says so.
/// </remarks>
public static class VmFlags
{
    static readonly (string Code, string Meaning)[] s_known =
    [
        ("rd", "may be read"), ("wr", "may be written"), ("ex", "may be executed"), ("sh", "shared"),
        ("mr", "reading may be allowed later"), ("mw", "writing may be allowed later"), ("me", "executing may be allowed later"),
        ("ms", "sharing may be allowed later"), ("gd", "grows down: a stack"), ("pf", "raw page frames, no struct page"),
        ("lo", "locked in memory"), ("io", "memory of a device"), ("sr", "read in sequence, says the program"),
        ("rr", "read at random, says the program"), ("dc", "not copied at fork"), ("de", "does not expand by mremap"),
        ("ac", "charged to the commit limit"), ("nr", "not charged: MAP_NORESERVE"), ("ht", "huge pages of hugetlb"),
        ("sf", "synchronous page faults (DAX)"), ("ar", "of the architecture"), ("wf", "wiped at fork"), ("dd", "left out of core dumps"),
        ("sd", "soft-dirty: written since the last reset"), ("mm", "pages and raw frames mixed"), ("hg", "huge pages wanted"),
        ("nh", "huge pages not wanted"), ("mg", "may be merged with equal pages (KSM)"), ("bt", "guarded branch targets (ARM64)"),
        ("mt", "memory tags (ARM64)"), ("um", "userfaultfd: missing pages"), ("uw", "userfaultfd: write protection"),
        ("ui", "userfaultfd: minor faults"), ("ss", "shadow stack"), ("sl", "sealed: can not be unmapped or changed"),
        ("gu", "may hold guard pages"), ("dp", "droppable: the kernel may throw it away"), ("lf", "locked when touched"), ("nl", "not locked by mlockall"),
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
    public static readonly ulong ShadowStack = Bit("ss");

    /// <summary>Whether a code had to be dropped because all 64 bits were taken.</summary>
    public static bool Overflowed { get; private set; }

    /// <summary>The codes of the kernels this build was made for, with what each means.</summary>
    public static IReadOnlyList<(string Code, string Meaning)> Known => s_known;

    /// <summary>The bit of a two-letter code, a new one if the code is new; 0 when no bit is left.</summary>
    public static ulong Bit(ReadOnlySpan<char> code) => TryBit(code, out var bit) ? bit : AddUnknown(code);

    /// <summary>The bit of a code that is known or has been met; asking does not use up a bit.</summary>
    public static bool TryBit(ReadOnlySpan<char> code, out ulong bit)
    {
        for (var i = 0; i < s_codes.Length; i++)
        {
            if (s_codes[i] is { } known && code.SequenceEqual(known))
            {
                bit = 1UL << i;
                return true;
            }
        }
        bit = 0;
        return false;
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
        for (var i = 0; i < s_known.Length; i++)
            codes[i] = s_known[i].Code;
        return codes;
    }
}
