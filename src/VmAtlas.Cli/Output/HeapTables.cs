using System.Globalization;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Cli.Output;

/// <summary>The tables of <c>vmatlas heap</c>.</summary>
static class HeapTables
{
    const int BarWidth = 24;

    static readonly Ink s_used = new(Palette.Colour(MemoryType.Heap));

    public static void WriteTotals(Screen screen, HeapReport report)
    {
        var (free, cached) = (new ChunkCount(), new ChunkCount());
        ulong top = 0, trim = 0;
        foreach (var arena in report.Arenas)
        {
            (free, cached) = (free + arena.Free, cached + arena.FastBins + arena.ThreadCaches);
            (top, trim) = (top + arena.Top, trim + (arena.TrimmableResident ?? arena.Trimmable));
        }
        (string Name, ulong Bytes, ulong? Blocks, string Meaning)[] rows =
        [
            ("In use", report.InUse.Bytes, report.InUse.Chunks, "the program holds it"),
            ("  of it mapped", report.Mapped.Bytes, report.Mapped.Chunks, "each block a mapping of its own"),
            ("Free", free.Bytes, free.Chunks, report.IsMalloc ? "in bins, for later requests" : "for later requests"),
            .. report.IsMalloc ? OnlyMallocs() : [],
        ];
        (string, ulong, ulong?, string)[] OnlyMallocs() =>
        [
            ("Cached", cached.Bytes, cached.Chunks, "freed, in fastbins and thread caches"),
            ("Top", top, null, "not cut into chunks yet"),
            ("Could go back", trim, null, "what malloc_trim would take off the working set, at least"),
        ];
        new TextTable(
        [
            new("", (row, cell) => cell.Append(rows[row].Name)),
            new("K", (row, cell) => Figures.Kib(cell, rows[row].Bytes)) { Right = true },
            new("Blocks", (row, cell) => Count(cell, rows[row].Blocks)) { Right = true },
            new("", (row, cell) => Muted(cell, rows[row].Meaning)) { DropOrder = 1 },
        ], rows.Length).Write(screen);
    }

    public static void WriteArenas(Screen screen, HeapReport report)
    {
        var (arenas, isMalloc) = (report.Arenas, report.IsMalloc);
        TableColumn[] columns =
        [
            new(isMalloc ? "Arena" : "Heap", (row, cell) => cell.Append(isMalloc && arenas[row].Number == 0 ? "main" : arenas[row].Number.ToString(CultureInfo.InvariantCulture))),
            new("Address", (row, cell) => cell.Append($"{arenas[row].Address.Value:x12}")) { DropOrder = 3 },
            new(isMalloc ? "Heaps" : "Segments", (row, cell) => cell.Append($"{arenas[row].Heaps.Count:N0}")) { Right = true, DropOrder = 4 },
            new("From system", (row, cell) => Figures.Kib(cell, arenas[row].System)) { Right = true },
            new("In use", (row, cell) => Figures.Kib(cell, arenas[row].InUse.Bytes)) { Right = true },
            new("Blocks", (row, cell) => cell.Append($"{arenas[row].InUse.Chunks:N0}")) { Right = true },
            new("Free", (row, cell) => Figures.KibOrBlank(cell, arenas[row].Free.Bytes)) { Right = true },
            new("Cached", (row, cell) => Figures.KibOrBlank(cell, arenas[row].FastBins.Bytes + arenas[row].ThreadCaches.Bytes)) { Right = true },
            new("Top", (row, cell) => Figures.KibOrBlank(cell, arenas[row].Top)) { Right = true },
            new("Largest free", (row, cell) => Figures.KibOrBlank(cell, arenas[row].LargestFree)) { Right = true, DropOrder = 2 },
            new("Holes", (row, cell) => cell.Append($"{arenas[row].Fragmentation * 100:0} %")) { Right = true },
            new("Trim", (row, cell) => Figures.KibOrBlank(cell, arenas[row].TrimmableResident ?? arenas[row].Trimmable)) { Right = true, DropOrder = 1 },
        ];
        new TextTable([.. columns.Where(c => isMalloc || c.Title is not ("Cached" or "Top" or "Trim"))], arenas.Count).Write(screen);
    }

    public static void WriteSizes(Screen screen, SizeHistogram sizes)
    {
        var classes = sizes.Classes();
        var most = classes.Aggregate(1UL, (max, c) => Math.Max(max, c.Used.Bytes + c.Free.Bytes));
        new TextTable(
        [
            new("Chunks of", (row, cell) => cell.Append($"{classes[row].From:N0} – {classes[row].To:N0}")) { Right = true },
            new("In use", (row, cell) => Count(cell, classes[row].Used.Chunks)) { Right = true },
            new("K", (row, cell) => Figures.KibOrBlank(cell, classes[row].Used.Bytes)) { Right = true },
            new("Free", (row, cell) => Count(cell, classes[row].Free.Chunks)) { Right = true },
            new("K", (row, cell) => Figures.KibOrBlank(cell, classes[row].Free.Bytes)) { Right = true },
            new("in use █  free ░", (row, cell) => Bar(cell, classes[row], most)) { DropOrder = 1 },
        ], classes.Count).Write(screen);
    }

    public static void WriteGrowth(Screen screen, IReadOnlyList<HeapGrowth.Suspicion> growth, int rows)
    {
        if (growth.Count == 0)
        {
            screen.Sentence("no size has clearly more blocks than before");
            return;
        }
        new TextTable(
        [
            new("Growing size", (row, cell) => cell.Append($"{growth[row].Size:N0}")) { Right = true },
            new("Before", (row, cell) => cell.Append($"{growth[row].Before:N0}")) { Right = true },
            new("Now", (row, cell) => cell.Append($"{growth[row].After:N0}")) { Right = true },
            new("More", (row, cell) => cell.Append($"+{growth[row].More:N0}")) { Right = true },
            new("K", (row, cell) => Figures.Change(cell, growth[row].Bytes)) { Right = true },
        ], Math.Min(rows, growth.Count)).Write(screen);
    }

    public static void WriteClasses(Screen screen, IReadOnlyList<(string Class, ChunkCount Count)> classes) => new TextTable(
    [
        new("Class", (row, cell) => cell.AppendForeign(classes[row].Class)) { Flexible = true },
        new("Objects", (row, cell) => cell.Append($"{classes[row].Count.Chunks:N0}")) { Right = true },
        new("K", (row, cell) => Figures.Kib(cell, classes[row].Count.Bytes)) { Right = true },
    ], classes.Count).Write(screen);

    static void Bar(Cell cell, SizeHistogram.Class row, ulong most)
    {
        var used = (int)(row.Used.Bytes * BarWidth / most);
        var all = (int)((row.Used.Bytes + row.Free.Bytes) * BarWidth / most);
        cell.Ink = s_used;
        cell.Append(new string('█', used) + new string('░', all - used));
    }

    static void Count(Cell cell, ulong? count)
    {
        if (count is > 0)
            cell.Append($"{count.Value:N0}");
    }

    static void Muted(Cell cell, string text)
    {
        cell.Append(text);
        cell.Ink = Palette.Muted;
    }
}
