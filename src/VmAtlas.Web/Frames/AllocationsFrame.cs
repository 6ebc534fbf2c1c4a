using VmAtlas.Formats.Frame;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Web.Traces;

namespace VmAtlas.Web.Frames;

/// <summary>The live blocks of a trace as a frame: a row a block, in order of address.</summary>
static class AllocationsFrame
{
    public static readonly AddressRange Everywhere = new(default, new Address(ulong.MaxValue));

    /// <summary>Columns "address", "size", "age" in seconds, "site", and the texts "function" that was called, "thread", "call" that asked.</summary>
    /// <param name="range">Only blocks that begin in it.</param>
    /// <param name="site">Only those of one call site, as its number.</param>
    /// <param name="most">Of more blocks, the largest.</param>
    public static ColumnFrame Of(ProgramTrace program, AddressRange range, uint? site, int most)
    {
        var store = program.Store;
        var blocks = Array.FindAll(store.LiveBlocks(), b => range.Contains(new Address(b.Address)) && (site is null || store.Sites.Site(b.Site) == site));
        if (blocks.Length > most)
        {
            Array.Sort(blocks, static (a, b) => b.Size.CompareTo(a.Size));
            blocks = blocks[..most];
        }
        Array.Sort(blocks, static (a, b) => a.Address.CompareTo(b.Address));
        var (texts, now) = (new FrameTexts(), store.Totals.Time);
        var (calls, threads) = (new Dictionary<int, string>(), new Dictionary<int, string>());
        var sites = Array.ConvertAll(blocks, b => store.Sites.Site(b.Site));
        return ColumnFrame.Of(blocks.Length,
        [
            FrameColumn.Doubles("address", "address", i => blocks[i].Address),
            FrameColumn.Doubles("size", "B", i => blocks[i].Size),
            FrameColumn.Doubles("age", "s", i => (now - blocks[i].Time) / 1e9),
            FrameColumn.Unsigned("site", "", i => sites[i]),
            texts.Column("function", blocks.Length, i => TraceWords.Function(blocks[i].Function)),
            texts.Column("thread", blocks.Length, i => Once(threads, blocks[i].Thread, number => $"{store.Threads[number].Tid} {store.Threads[number].Name}")),
            texts.Column("call", blocks.Length, i => Once(calls, blocks[i].Site, row => program.Stacks.Leaf(store.Sites.Site(row)))),
        ], texts.All);
    }

    static string Once(Dictionary<int, string> made, int key, Func<int, string> make)
    {
        if (!made.TryGetValue(key, out var text))
            made.Add(key, text = make(key));
        return text;
    }
}
