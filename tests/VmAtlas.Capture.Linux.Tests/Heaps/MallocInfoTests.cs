using System.Globalization;
using System.Xml.Linq;
using VmAtlas.Model.Heaps;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Heaps;

/// <summary>Our report against what the target's own <c>malloc_info(3)</c> writes, field by field.</summary>
public sealed class MallocInfoTests
{
    static ulong Number(XElement element, string attribute) => ulong.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);

    static XElement Total(XElement of, string type) => of.Elements("total").Single(t => t.Attribute("type")!.Value == type);

    static ulong Size(XElement of, string element, string type) => Number(of.Elements(element).Single(t => t.Attribute("type")!.Value == type), "size");

    [Theory]
    [InlineData("plain")]
    [InlineData("arenas")]
    [InlineData("shared")]
    [InlineData("fastbins")]
    [InlineData("large-arena")]
    [InlineData("mapped")]
    [InlineData("trimmed")]
    [InlineData("aligned")]
    public void Every_field_is_as_malloc_info_has_it(string shape)
    {
        var file = Path.GetTempFileName();
        try
        {
            using var target = TestTarget.Start("/usr/bin/env", $"MALLOC_INFO={file}", Path.Combine(Repository.Targets, "heap_shapes"), shape);
            var info = XDocument.Load(file).Root.ShouldNotBeNull();
            Compare(info, HeapTests.Read(target.Pid));
        }
        finally
        {
            File.Delete(file);
        }
    }

    static void Compare(XElement info, HeapReport report)
    {
        var heaps = info.Elements("heap").ToList();
        heaps.Count.ShouldBe(report.Arenas.Count);
        foreach (var heap in heaps)
            Compare(heap, report.Arenas[(int)Number(heap, "nr")], report.Chunks!);
        var fast = report.Arenas.Aggregate(new ChunkCount(), (sum, a) => sum + a.FastBins);
        (Number(Total(info, "fast"), "count"), Number(Total(info, "fast"), "size")).ShouldBe((fast.Chunks, fast.Bytes));
        Number(Total(info, "rest"), "count").ShouldBe(report.Totals.OrdBlks);
        (Number(Total(info, "mmap"), "count"), Number(Total(info, "mmap"), "size")).ShouldBe((report.Totals.HBlks, report.Totals.HBlkHd));
        Size(info, "system", "current").ShouldBe(report.Totals.Arena);
    }

    static void Compare(XElement heap, ArenaReport arena, ChunkTable chunks)
    {
        (Number(Total(heap, "fast"), "count"), Number(Total(heap, "fast"), "size")).ShouldBe((arena.FastBins.Chunks, arena.FastBins.Bytes));
        Number(Total(heap, "rest"), "count").ShouldBe(arena.Free.Chunks + 1, "the top is one of them");
        // malloc_info adds up size fields with their flag bits, of which a free chunk has one: "the chunk before is in use".
        Number(Total(heap, "rest"), "size").ShouldBe(arena.Free.Bytes + arena.Top + arena.Free.Chunks);
        Size(heap, "system", "current").ShouldBe(arena.System);
        CompareSizes(heap, arena, chunks);
    }

    /// <summary>Fastbins by exact size; the bins, which may share sizes with the unsorted one, by how many lie within the sizes they say.</summary>
    static void CompareSizes(XElement heap, ArenaReport arena, ChunkTable chunks)
    {
        var (fast, free) = (new Dictionary<ulong, ulong>(), new List<ulong>());
        for (var i = 0; i < chunks.Count; i++)
        {
            if (!arena.Heaps.Any(h => h.Contains(chunks.AddressOf(i))))
                continue;
            if (chunks.StateOf(i) == ChunkState.FastBin)
                fast[chunks.SizeOf(i)] = fast.GetValueOrDefault(chunks.SizeOf(i)) + 1;
            else if (chunks.StateOf(i) == ChunkState.Free)
                free.Add(chunks.SizeOf(i));
        }
        var rows = heap.Elements("sizes").Elements().Select(e => (Kind: e.Name.LocalName, From: Number(e, "from"), To: Number(e, "to"), Count: Number(e, "count"))).ToList();
        // A fastbin's "from" is 15 below its size; a bin's "from" and "to" have flag bits.
        var fastRows = rows.Where(r => r.Kind == "size" && r.To - r.From == 15 && r.To % 16 == 0).ToList();
        foreach (var row in fastRows)
            fast.GetValueOrDefault(row.To).ShouldBe(row.Count, $"fastbin of {row.To}");
        fastRows.Aggregate(0UL, (sum, r) => sum + r.Count).ShouldBe(arena.FastBins.Chunks);
        var binned = rows.Except(fastRows).ToList();
        binned.Aggregate(0UL, (sum, r) => sum + r.Count).ShouldBe((ulong)free.Count);
        foreach (var row in binned.Where(r => r.Count > 0))
            ((ulong)free.Count(s => s >= (row.From & ~7UL) && s <= row.To)).ShouldBeGreaterThanOrEqualTo(row.Count, $"bin of {row.From} to {row.To}");
    }
}
