using VmAtlas.Capture;

namespace VmAtlas.Cli.Output;

/// <summary>The words for page states.</summary>
static class PageWords
{
    static readonly (PageState Bit, string Word)[] s_words =
    [
        (PageState.Present, "present"), (PageState.Swapped, "swapped"), (PageState.File, "file"), (PageState.Exclusive, "exclusive"),
        (PageState.Zero, "zero"), (PageState.Huge, "huge"), (PageState.Guard, "guard"), (PageState.SoftDirty, "dirty"),
    ];

    public static IEnumerable<string> Of(PageState state) => state == PageState.None
        ? ["absent"]
        : s_words.Where(w => (state & w.Bit) != 0).Select(w => w.Word);
}
