using VmAtlas.Model;

namespace VmAtlas.Formats.Tests;

/// <summary>Compares everything a snapshot says, text by text and column by column.</summary>
static class SameSnapshot
{
    public static void ShouldSayTheSameAs(this Snapshot actual, Snapshot expected)
    {
        actual.Process.ShouldBe(expected.Process);
        actual.System.ShouldBe(expected.System);
        actual.Layout.ShouldBe(expected.Layout);
        actual.TakenAt.ShouldBe(expected.TakenAt);
        actual.Took.ShouldBe(expected.Took);
        actual.PageTables.ShouldBe(expected.PageTables);
        actual.Counters.OrderBy(c => c.Key).ShouldBe(expected.Counters.OrderBy(c => c.Key));
        actual.Annotators.ShouldBe(expected.Annotators);
        actual.Problems.ShouldBe(expected.Problems);
        CompareBlocks(actual, expected);
        CompareRegions(actual, expected);
    }

    static void CompareBlocks(Snapshot actual, Snapshot expected)
    {
        var (a, e) = (actual.Blocks, expected.Blocks);
        Same(a.Starts, e.Starts);
        Same(a.Ends, e.Ends);
        Same(a.Offsets, e.Offsets);
        Same(a.Inodes, e.Inodes);
        Same(a.Flags, e.Flags);
        Same(a.Devices, e.Devices);
        Same(a.Regions, e.Regions);
        Same(a.Protections, e.Protections);
        Same(a.Facts, e.Facts);
        Same(a.PageShifts, e.PageShifts);
        Same(a.ProtectionKeys, e.ProtectionKeys);
        SameTexts(actual, a.Names, expected, e.Names);
        SameTexts(actual, a.Labels, expected, e.Labels);
        for (var m = 0; m < Measures.Count; m++)
        {
            a.Has((Measure)m).ShouldBe(e.Has((Measure)m), ((Measure)m).ToString());
            for (var i = 0; i < e.Count; i++)
            {
                if (e.Has((Measure)m) && a.Get((Measure)m, i) != e.Get((Measure)m, i))
                    a.Get((Measure)m, i).ShouldBe(e.Get((Measure)m, i), $"{(Measure)m} of block {i}");
            }
        }
    }

    static void CompareRegions(Snapshot actual, Snapshot expected)
    {
        var (a, e) = (actual.Regions, expected.Regions);
        Same(a.FirstBlocks, e.FirstBlocks);
        Same(a.LastBlocks, e.LastBlocks);
        Same(a.Types, e.Types);
        Same(a.Annotators, e.Annotators);
        SameTexts(actual, a.Details, expected, e.Details);
        SameTexts(actual, a.Reasons, expected, e.Reasons);
        a.Facts.Select(f => (f.Region, actual.Strings[f.Key], actual.Strings[f.Value]))
            .ShouldBe(e.Facts.Select(f => (f.Region, expected.Strings[f.Key], expected.Strings[f.Value])));
    }

    static void Same<T>(ReadOnlySpan<T> actual, ReadOnlySpan<T> expected)
    {
        if (!actual.SequenceEqual(expected))
            actual.ToArray().ShouldBe(expected.ToArray());
    }

    static void SameTexts(Snapshot actual, ReadOnlySpan<int> a, Snapshot expected, ReadOnlySpan<int> e)
    {
        a.Length.ShouldBe(e.Length);
        for (var i = 0; i < a.Length; i++)
        {
            if (!actual.Strings.Utf8(a[i]).SequenceEqual(expected.Strings.Utf8(e[i])))
                actual.Strings[a[i]].ShouldBe(expected.Strings[e[i]]);
        }
    }
}
