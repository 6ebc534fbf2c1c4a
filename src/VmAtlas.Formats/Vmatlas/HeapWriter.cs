using VmAtlas.Model.Heaps;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>A heap's report as tables, laid out like a key frame's. <see cref="HeapReader"/> is its mirror.</summary>
static class HeapWriter
{
    /// <summary>Chunks are stored in parts of so many.</summary>
    public const int ChunksAtOnce = 1 << 20;

    public static void Write(HeapReport heap, StringNumbers strings, ByteBuffer into)
    {
        var frame = new FrameImage();
        Fill(frame, heap, strings);
        KeyFrame.Encode(frame, into);
    }

    public static void Fill(FrameImage frame, HeapReport heap, StringNumbers strings)
    {
        FillFacts(frame, heap, strings);
        FillArenas(frame, heap.Arenas);
        FillRanges(frame, heap.Arenas);
        FillSizes(frame, heap.Sizes);
        FrameWriter.FillProblems(frame, heap.Problems, strings);
    }

    /// <param name="first">Row from which on <see cref="ChunksAtOnce"/> are written, or what is left.</param>
    public static void WriteChunks(ChunkTable chunks, int first, ByteBuffer into)
    {
        var rows = Math.Min(ChunksAtOnce, chunks.Count - first);
        var table = new TableImage("chunks");
        table.Reset(rows);
        var (gap, size, state) = (table.Next("gap"), table.Next("size"), table.Next("state"));
        var gaps = gap.Edit();
        var sizes = size.Edit();
        var states = state.Edit();
        var before = 0UL;
        for (var i = 0; i < rows; i++)
        {
            // In a damaged heap one chunk may reach over the next: differences wrap.
            gaps[i] = unchecked(chunks.AddressOf(first + i).Value - before);
            (sizes[i], states[i]) = (chunks.SizeOf(first + i), (ulong)chunks.StateOf(first + i));
            before = unchecked(chunks.AddressOf(first + i).Value + sizes[i]);
        }
        gap.Settle();
        size.Settle();
        state.Settle();
        var frame = new FrameImage();
        frame.Tables.Add(table);
        KeyFrame.Encode(frame, into);
    }

    static void FillFacts(FrameImage frame, HeapReport heap, StringNumbers strings)
    {
        var facts = new FactRows(strings);
        facts.Text("allocator", heap.Allocator);
        facts.Text("library", heap.Library);
        facts.Number("approximate", heap.Approximate ? 1UL : 0);
        facts.Number("paused", (ulong?)heap.Paused?.Ticks);
        facts.Number("took", (ulong)Math.Max(0, heap.Took.Ticks));
        facts.Number("inUse.chunks", heap.InUse.Chunks);
        facts.Number("inUse.bytes", heap.InUse.Bytes);
        facts.Number("usable", heap.Usable);
        facts.Number("mapped.chunks", heap.Mapped.Chunks);
        facts.Number("mapped.bytes", heap.Mapped.Bytes);
        facts.Number("chunks", (ulong?)heap.Chunks?.Count);
        foreach (var (name, value) in HeapTotalsNames.Of(heap.Totals))
            facts.Number("totals." + name, value);
        facts.Write(frame, "heap");
    }

    static void FillArenas(FrameImage frame, IReadOnlyList<ArenaReport> list)
    {
        ReadOnlySpan<ArenaReport> arenas = [.. list];
        var table = frame.Reset("arenas", arenas.Length);
        FrameWriter.Column(table, "address", arenas, a => a.Address.Value);
        FrameWriter.Column(table, "system", arenas, a => a.System);
        FillCount(table, "inUse", arenas, a => a.InUse);
        FillCount(table, "free", arenas, a => a.Free);
        FillCount(table, "fastbins", arenas, a => a.FastBins);
        FillCount(table, "tcache", arenas, a => a.ThreadCaches);
        FrameWriter.Column(table, "top", arenas, a => a.Top);
        FrameWriter.Column(table, "largestFree", arenas, a => a.LargestFree);
        FrameWriter.Column(table, "trimmable", arenas, a => a.Trimmable);
        if (list.All(a => a.TrimmableResident is not null))
            FrameWriter.Column(table, "trimmableResident", arenas, a => a.TrimmableResident!.Value);
        FrameWriter.Column(table, "unknown", arenas, a => a.Unknown);
        table.End();
    }

    static void FillCount(TableImage table, string name, ReadOnlySpan<ArenaReport> arenas, Func<ArenaReport, ChunkCount> count)
    {
        FrameWriter.Column(table, name + ".chunks", arenas, a => count(a).Chunks);
        FrameWriter.Column(table, name + ".bytes", arenas, a => count(a).Bytes);
    }

    static void FillRanges(FrameImage frame, IReadOnlyList<ArenaReport> arenas)
    {
        ReadOnlySpan<(int Arena, Model.AddressRange Range)> heaps = [.. arenas.SelectMany((a, i) => a.Heaps.Select(h => (i, h)))];
        var table = frame.Reset("heaps", heaps.Length);
        FrameWriter.Column(table, "arena", heaps, h => (ulong)h.Arena);
        FrameWriter.Column(table, "start", heaps, h => h.Range.Start.Value);
        FrameWriter.Column(table, "size", heaps, h => h.Range.Size.Bytes);
        table.End();
    }

    static void FillSizes(FrameImage frame, SizeHistogram sizes)
    {
        ReadOnlySpan<SizeHistogram.Row> rows = [.. sizes.Rows];
        var table = frame.Reset("sizes", rows.Length);
        FrameWriter.Column(table, "size", rows, r => r.Size);
        FrameWriter.Column(table, "used", rows, r => r.Used);
        FrameWriter.Column(table, "free", rows, r => r.Free);
        table.End();
    }
}
