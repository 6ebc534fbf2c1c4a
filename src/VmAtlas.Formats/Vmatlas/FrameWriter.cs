using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>Fills a <see cref="FrameImage"/> from a snapshot. <see cref="FrameReader"/> is its mirror: what one writes the other reads.</summary>
/// <remarks>
/// Blocks are stored so that neighbours predict each other: the gap to the block before and the size instead of two addresses; and for the
/// region not its number but how far back it began (0: it begins here), which stays the same when regions come and go elsewhere.
/// </remarks>
sealed class FrameWriter(StringNumbers strings)
{
    public void Fill(FrameImage frame, Snapshot snapshot)
    {
        strings.ReadFrom(snapshot.Strings);
        new FactWriter(frame, strings).Fill(snapshot);
        FillCounters(frame, snapshot);
        FillAnnotators(frame, snapshot);
        FillProblems(frame, snapshot.Problems, strings);
        FillRegions(frame, snapshot);
        FillRegionFacts(frame, snapshot);
        FillBlocks(frame, snapshot);
        ObjectTables.Fill(frame, snapshot.Objects, strings);
    }

    void FillCounters(FrameImage frame, Snapshot snapshot)
    {
        var table = frame.Reset("counters", snapshot.Counters.Count);
        Column<string>(table, "name", [.. snapshot.Counters.Keys], strings.Of, keys: true);
        Column<ulong>(table, "value", [.. snapshot.Counters.Values], v => v);
        table.End();
    }

    void FillAnnotators(FrameImage frame, Snapshot snapshot)
    {
        ReadOnlySpan<AnnotatorReport> reports = [.. snapshot.Annotators];
        var table = frame.Reset("annotators", reports.Length);
        Column(table, "name", reports, r => strings.Of(r.Name), keys: true);
        Column(table, "ran", reports, r => r.Ran ? 1UL : 0);
        Column(table, "whyNot", reports, r => r.WhyNot is null ? 0 : strings.Of(r.WhyNot) + 1);
        Column(table, "took", reports, r => (ulong)Math.Max(0, r.Took.Ticks));
        table.End();
    }

    public static void FillProblems(FrameImage frame, IReadOnlyList<Problem> all, StringNumbers strings)
    {
        ReadOnlySpan<Problem> problems = [.. all];
        var table = frame.Reset("problems", problems.Length);
        Column(table, "id", problems, p => strings.Of(p.Id), keys: true);
        Column(table, "message", problems, p => strings.Of(p.Message));
        table.End();
    }

    void FillRegions(FrameImage frame, Snapshot snapshot)
    {
        var regions = snapshot.Regions;
        var table = frame.Reset("regions", regions.Count);
        for (var r = 0; r < regions.Count; r++)
            table.Keys[r] = snapshot.Blocks.Starts[regions.FirstBlocks[r]];
        Copy(table, "type", regions.Types);
        Column(table, "details", regions.Details, strings.Of);
        Column(table, "reason", regions.Reasons, strings.Of);
        Copy(table, "annotator", regions.Annotators);
        table.End();
    }

    void FillRegionFacts(FrameImage frame, Snapshot snapshot)
    {
        ReadOnlySpan<RegionFact> facts = CollectionsMarshal.AsSpan([.. snapshot.Regions.Facts]);
        var table = frame.Reset("regionFacts", facts.Length);
        var region = table.Next("regionStep");
        var values = region.Edit();
        var (before, ordinal) = (0, 0UL);
        for (var i = 0; i < facts.Length; i++)
        {
            ordinal = i > 0 && facts[i].Region == before ? ordinal + 1 : 0;
            values[i] = unchecked((ulong)(facts[i].Region - before));
            table.Keys[i] = unchecked(snapshot.RegionAt(facts[i].Region).Start.Value + ordinal);
            before = facts[i].Region;
        }
        region.Settle();
        Column(table, "key", facts, f => strings.Of(f.Key));
        Column(table, "value", facts, f => strings.Of(f.Value));
        table.End();
    }

    void FillBlocks(FrameImage frame, Snapshot snapshot)
    {
        var blocks = snapshot.Blocks;
        var table = frame.Reset("blocks", blocks.Count);
        blocks.Starts.CopyTo(table.Keys);
        FillRanges(table, blocks);
        FillRegionSteps(table, blocks);
        Copy(table, "protection", blocks.Protections);
        Copy(table, "facts", blocks.Facts);
        Copy(table, "vmFlags", blocks.Flags);
        Copy(table, "offset", blocks.Offsets);
        Copy(table, "inode", blocks.Inodes);
        Copy(table, "device", blocks.Devices);
        Copy(table, "pageShift", blocks.PageShifts);
        Copy(table, "protectionKey", blocks.ProtectionKeys);
        Column(table, "name", blocks.Names, strings.Of);
        Column(table, "label", blocks.Labels, strings.Of);
        for (var m = Measure.Committed; (int)m < Measures.Count; m++)
        {
            if (m != Measure.ShareableWs && blocks.Has(m))
                Copy(table, m.JsonName(), blocks.Column(m));
        }
        table.End();
    }

    static void FillRanges(TableImage table, BlockTable blocks)
    {
        var (gap, size) = (table.Next("gap"), table.Next("size"));
        var gaps = gap.Edit();
        var sizes = size.Edit();
        var before = 0UL;
        for (var i = 0; i < blocks.Count; i++)
        {
            gaps[i] = blocks.Starts[i] - before;
            sizes[i] = blocks.Ends[i] - blocks.Starts[i];
            before = blocks.Ends[i];
        }
        gap.Settle();
        size.Settle();
    }

    static void FillRegionSteps(TableImage table, BlockTable blocks)
    {
        var column = table.Next("regionBack");
        var values = column.Edit();
        var begun = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var region = blocks.Regions[i];
            if (region < 0 || region > begun)
                throw new ArgumentException($"region {region} of block {i} is not numbered in order of first blocks");
            values[i] = (ulong)(begun - region);
            begun = Math.Max(begun, region + 1);
        }
        column.Settle();
    }

    public static void Column<T>(TableImage table, string name, ReadOnlySpan<T> rows, Func<T, ulong> value, bool keys = false)
    {
        var column = table.Next(name);
        var values = column.Edit();
        for (var i = 0; i < rows.Length; i++)
            values[i] = value(rows[i]);
        if (keys)
            values.CopyTo(table.Keys);
        column.Settle();
    }

    /// <summary>A column of plain numbers; an empty one where the table has rows is zero all over.</summary>
    static void Copy<T>(TableImage table, string name, ReadOnlySpan<T> rows) where T : unmanaged
    {
        var column = table.Next(name);
        if (rows.IsEmpty || !MemoryMarshal.AsBytes(rows).ContainsAnyExcept((byte)0))
            return;
        var values = column.Edit();
        for (var i = 0; i < rows.Length; i++)
        {
            values[i] = Unsafe.SizeOf<T>() switch
            {
                1 => Unsafe.BitCast<T, byte>(rows[i]),
                4 => Unsafe.BitCast<T, uint>(rows[i]),
                _ => Unsafe.BitCast<T, ulong>(rows[i]),
            };
        }
    }
}
