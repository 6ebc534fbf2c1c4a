using VmAtlas.Formats.Frame;
using VmAtlas.Model;

namespace VmAtlas.Web.Frames;

/// <summary>The named facts of regions ("build-id", "stack-depth"), a row a fact: few regions have any, so they are no columns of the rows.</summary>
static class FactsFrame
{
    public static ColumnFrame Of(Snapshot snapshot)
    {
        var (facts, texts) = (snapshot.Regions.Facts, new FrameTexts());
        return ColumnFrame.Of(facts.Count,
        [
            FrameColumn.Unsigned("region", "", i => (uint)facts[i].Region),
            texts.Column("name", facts.Count, i => snapshot.Strings[facts[i].Key]),
            texts.Column("value", facts.Count, i => snapshot.Strings[facts[i].Value]),
        ], texts.All);
    }
}
