using System.Globalization;
using VmAtlas.Model;
using VmAtlas.Model.Managed;

namespace VmAtlas.Cli.Output;

/// <summary>The memory of a .NET process for people.</summary>
/// <param name="top">Types to list.</param>
sealed class ManagedTables(Screen screen, ManagedView view, int top)
{
    public void Write()
    {
        ProcessLine.Write(screen, view.Snapshot);
        screen.Sentence(Runtime(), Palette.Muted);
        screen.Line();
        WriteHeaps();
        if (view.Use.Heaps.Any(u => u.Heap > 0))
            WriteCollectorHeaps();
        if (view.Use.HasResident)
            WriteExplained();
        if (view.Objects is not { } objects)
            return;
        screen.Line();
        if (view.Changes is { } changes)
            ObjectChangeTable.Write(screen, changes, top);
        else
            WriteTypes(objects.Types);
        ObjectChangeTable.WriteSkipped(screen, objects);
    }

    string Runtime()
    {
        var use = view.Use;
        var version = use.Version is { } known ? $".NET {Escape.Text(known)}" : ".NET of unknown version";
        var collector = use.Collector is { } words ? $" (GC: {words})" : "";
        var source = use.Evidence switch
        {
            "debugger library" => "as its debugger library reads it",
            "EventPipe" => "as it says itself, over its diagnostics socket",
            _ => "by the shape of its mappings alone",
        };
        return $"{version}{collector}, {source}{(use.WhyNotBetter is { } why ? $": {Escape.Text(why)}" : "")}";
    }

    void WriteHeaps()
    {
        var rows = view.Use.Rows;
        var columns = new List<TableColumn>
        {
            new("Memory", (row, cell) => cell.Append(rows[row].Kind.Name())),
            Bytes("Used", row => rows[row].Used),
        };
        if (view.Before is { } before)
            columns.Add(new("more used", (row, cell) => Figures.Change(cell, (long)rows[row].Used - (long)(before.Rows.FirstOrDefault(b => b.Kind == rows[row].Kind).Used))) { Right = true });
        columns.AddRange(
        [
            Bytes("Committed, not used", row => rows[row].Committed),
            Bytes("Free for reuse", row => rows[row].Free),
            Bytes("Reserved", row => rows[row].Reserved),
        ]);
        if (view.Use.HasResident)
            columns.Add(Bytes("In memory", row => rows[row].Resident));
        if (view.Use.HasSwap)
            columns.Add(Bytes("Swap", row => rows[row].Swap));
        if (view.Objects is not null)
        {
            columns.Add(new("Objects", (row, cell) => Count(cell, Generation(row)?.Count ?? 0)) { Right = true });
            columns.Add(Bytes("Free between", row => (ulong)(Generation(row)?.FreeBytes ?? 0)));
            columns.Add(new("", (row, cell) => Share(cell, Generation(row)?.Fragmentation)) { Right = true });
        }
        new TextTable(columns, rows.Count).Write(screen);

        GenerationStatistics? Generation(int row) =>
            view.Objects!.Generations.Cast<GenerationStatistics?>().FirstOrDefault(g => g!.Value.Kind == rows[row].Kind);
    }

    /// <summary>Server GC: what each of its heaps has.</summary>
    void WriteCollectorHeaps()
    {
        var heaps = view.Use.Heaps;
        screen.Line();
        new TextTable(
        [
            new("Heap", (row, cell) => cell.Append($"{heaps[row].Heap}")) { Right = true },
            new("Memory", (row, cell) => cell.Append(heaps[row].Kind.Name())),
            Bytes("Used", row => heaps[row].Used),
            Bytes("Committed, not used", row => heaps[row].Committed),
            Bytes("Reserved", row => heaps[row].Reserved),
        ], heaps.Count).Write(screen);
    }

    void WriteExplained()
    {
        screen.Line();
        screen.Sentence(Explained());
    }

    string Explained()
    {
        var (use, all) = (view.Use, Math.Max(1, view.Use.Resident));
        return string.Create(CultureInfo.InvariantCulture,
            $"of {Short((long)use.Resident)} in memory that is of no file, {100.0 * use.Explained / all:0.0} % is known to be .NET's, {100.0 * use.Named / all:0.0} % has a name");
    }

    void WriteTypes(IReadOnlyList<TypeStatistics> types)
    {
        new TextTable(
        [
            new("Objects", (row, cell) => Count(cell, types[row].Count)) { Right = true },
            Bytes("K", row => (ulong)types[row].Bytes),
            new("Type", (row, cell) => cell.AppendForeign(types[row].Name)) { Flexible = true },
        ], Math.Min(top, types.Count)).Write(screen);
        if (types.Count > top)
            screen.Line($"and {types.Count - top:N0} more types", Palette.Muted);
    }

    static TableColumn Bytes(string title, Func<int, ulong> bytes) => new(title, (row, cell) => Figures.KibOrBlank(cell, bytes(row))) { Right = true };

    static void Count(Cell cell, long count)
    {
        if (count != 0)
            cell.Append($"{count:N0}");
    }

    static void Share(Cell cell, double? share)
    {
        if (share is > 0)
            cell.Append($"{share.Value * 100:0.0} %");
    }

    static string Short(long bytes) => Figures.Short(new ByteSize((ulong)bytes));
}
