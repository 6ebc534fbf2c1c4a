using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>How many colours the terminal shows.</summary>
enum ColourDepth
{
    None,
    Indexed256,
    TrueColour,
}

/// <summary>A colour as 0xRRGGBB.</summary>
readonly record struct Rgb(int Value)
{
    public int Red => Value >> 16 & 255;

    public int Green => Value >> 8 & 255;

    public int Blue => Value & 255;

    /// <summary>The nearest of the 216 colours of xterm's cube and its 24 greys, by squared distance.</summary>
    public int To256()
    {
        ReadOnlySpan<int> levels = [0, 95, 135, 175, 215, 255];
        var (r, g, b) = (Nearest(levels, Red), Nearest(levels, Green), Nearest(levels, Blue));
        var cube = Distance(levels[r], levels[g], levels[b]);
        var step = Math.Clamp(((Red + Green + Blue) / 3 - 3) / 10, 0, 23);
        var grey = 8 + 10 * step;
        return Distance(grey, grey, grey) < cube ? 232 + step : 16 + 36 * r + 6 * g + b;
    }

    static int Nearest(ReadOnlySpan<int> levels, int value)
    {
        var best = 0;
        for (var i = 1; i < levels.Length; i++)
        {
            if (Math.Abs(levels[i] - value) < Math.Abs(levels[best] - value))
                best = i;
        }
        return best;
    }

    int Distance(int r, int g, int b) => (Red - r) * (Red - r) + (Green - g) * (Green - g) + (Blue - b) * (Blue - b);
}

/// <summary>How a text is painted. The default is the terminal's own colour.</summary>
readonly record struct Ink(Rgb? Front = null, Rgb? Back = null, bool Bold = false)
{
    public bool IsPlain => Front is null && Back is null && !Bold;
}

/// <summary>The colours, chosen for a dark background and told apart with every kind of colour vision; and for each type a letter for
/// where there is no colour.</summary>
static class Palette
{
    public static readonly Ink Muted = new(new Rgb(0x9aa4af));
    public static readonly Ink Heading = new(Bold: true);
    public static readonly Ink Added = new(new Rgb(0x9af5d0));
    public static readonly Ink Removed = new(new Rgb(0xf0564b));
    public static readonly Ink Changed = new(new Rgb(0xf2c14e));
    public static readonly Ink Warning = new(new Rgb(0xf2c14e));

    /// <summary>By type, in its order.</summary>
    static ReadOnlySpan<int> Colours =>
        [0x814fcd, 0x429bfc, 0xc9f4fc, 0xdf4801, 0x86d7a1, 0xe3981d, 0xf9de05, 0x994d67, 0x909193, 0x3a4048];

    public static Rgb Colour(MemoryType type) => new(Colours[(int)type]);

    /// <summary>I mage, F ile, S hareable, H eap, M anaged, T hread's stack, P rivate, K ernel's page tables, U nusable.</summary>
    public static char Letter(MemoryType type) => "IFSHMTPKU."[(int)type];
}
