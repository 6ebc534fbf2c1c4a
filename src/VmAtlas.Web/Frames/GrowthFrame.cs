using VmAtlas.Formats.Frame;
using VmAtlas.Model.Tracing;
using VmAtlas.Web.Traces;

namespace VmAtlas.Web.Frames;

/// <summary>What grew between two moments of a trace as a frame: a row a call site, steady growth first.</summary>
static class GrowthFrame
{
    /// <summary>Columns "site", "grown", "before", "after", "steadiness" from 0 to 1, and the texts "call" and "callers".</summary>
    /// <param name="from">Nanoseconds since the trace began.</param>
    /// <param name="most">Of more sites, the first.</param>
    public static ColumnFrame Of(ProgramTrace program, long from, long to, int most)
    {
        var sites = program.Store.Sites;
        var growth = SiteGrowth.Between(program.Store, from, to).Take(most).ToArray();
        var numbers = Array.ConvertAll(growth, g => sites.Site(g.Row));
        var texts = new FrameTexts();
        return ColumnFrame.Of(growth.Length,
        [
            FrameColumn.Unsigned("site", "", i => numbers[i]),
            FrameColumn.Doubles("grown", "B", i => growth[i].Grown),
            FrameColumn.Doubles("before", "B", i => growth[i].Before),
            FrameColumn.Doubles("after", "B", i => growth[i].After),
            FrameColumn.Doubles("steadiness", "", i => growth[i].Steadiness),
            texts.Column("call", growth.Length, i => program.Stacks.Leaf(numbers[i])),
            texts.Column("callers", growth.Length, i => program.Stacks.CallersOf(numbers[i]).TrimStart()),
        ], texts.All);
    }
}
