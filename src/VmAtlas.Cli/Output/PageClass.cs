using VmAtlas.Capture;

namespace VmAtlas.Cli.Output;

/// <summary>What a page is, in one word: the most telling of its states.</summary>
enum PageClass : byte
{
    Absent,
    Own,
    Copied,
    File,
    FileOwn,
    Huge,
    Zero,
    Swapped,
    Guard,
}

/// <summary>Names, letters and colours of <see cref="PageClass"/>.</summary>
static class PageClasses
{
    public const int Count = (int)PageClass.Guard + 1;

    static readonly (string Name, char Letter, Rgb Colour)[] s_classes =
    [
        ("absent", '.', new Rgb(0x3a4048)),
        ("anonymous, its own", 'A', new Rgb(0xf9de05)),
        ("anonymous, shared", 'C', new Rgb(0xe3981d)),
        ("file or shared memory", 'F', new Rgb(0x429bfc)),
        ("file, mapped by it alone", 'E', new Rgb(0xc9f4fc)),
        ("part of a huge page", 'H', new Rgb(0x86d7a1)),
        ("zero page", 'Z', new Rgb(0x909193)),
        ("swapped out", 'W', new Rgb(0xdf4801)),
        ("guard marker", 'G', new Rgb(0x994d67)),
    ];

    public static string Name(PageClass of) => s_classes[(int)of].Name;

    public static char Letter(PageClass of) => s_classes[(int)of].Letter;

    public static Rgb Colour(PageClass of) => s_classes[(int)of].Colour;

    public static PageClass Of(PageState state) =>
        (state & PageState.Guard) != 0 ? PageClass.Guard
        : (state & PageState.Swapped) != 0 ? PageClass.Swapped
        : (state & PageState.Zero) != 0 ? PageClass.Zero
        : (state & PageState.Present) == 0 ? PageClass.Absent
        : (state & PageState.Huge) != 0 ? PageClass.Huge
        : (state & (PageState.File | PageState.Exclusive)) switch
        {
            PageState.File | PageState.Exclusive => PageClass.FileOwn,
            PageState.File => PageClass.File,
            PageState.Exclusive => PageClass.Own,
            _ => PageClass.Copied,
        };
}
