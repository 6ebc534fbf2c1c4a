using VmAtlas.Model.Managed;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>The objects of a managed heap as tables of a frame, both ways. A heap that was counted is never empty, so no rows mean that none was.</summary>
static class ObjectTables
{
    const string Types = "objectTypes", Generations = "objectGenerations";

    /// <summary>Of one type or generation: sums over all rows a reader accepts can not overflow.</summary>
    const long Most = 1L << 41;

    public static void Fill(FrameImage frame, HeapStatistics? objects, StringNumbers strings)
    {
        var types = objects?.Types ?? [];
        Fill(frame.Reset(Types, types.Count), types.Count,
            ("name", i => strings.Of(types[i].Name)), ("count", i => (ulong)types[i].Count), ("bytes", i => (ulong)types[i].Bytes));
        var generations = objects?.Generations ?? [];
        Fill(frame.Reset(Generations, generations.Count), generations.Count,
            ("kind", i => strings.Of(generations[i].Kind.JsonName())),
            ("count", i => (ulong)generations[i].Count), ("bytes", i => (ulong)generations[i].Bytes),
            ("freeCount", i => (ulong)generations[i].FreeCount), ("freeBytes", i => (ulong)generations[i].FreeBytes),
            ("skipped", i => i == 0 ? (ulong)objects!.SkippedBytes : 0));
    }

    /// <summary>Null when none were counted.</summary>
    /// <exception cref="InvalidDataException">A count that no heap can have.</exception>
    public static HeapStatistics? Read(FrameImage frame, FileStrings strings)
    {
        if (frame.Find(Types) is not { Rows: > 0 } types || frame.Find(Generations) is not { Rows: > 0 } generations)
            return null;
        return new HeapStatistics
        {
            Types = [.. Rows(types).Select(i => new TypeStatistics(strings.Text(types.Find("name")?[i] ?? 0), Number(types, "count", i), Number(types, "bytes", i)))],
            Generations = [.. Rows(generations).Select(i => ReadGeneration(generations, strings, i))],
            SkippedBytes = Number(generations, "skipped", 0),
        };
    }

    static GenerationStatistics ReadGeneration(TableImage table, FileStrings strings, int row)
    {
        var name = strings.Text(table.Find("kind")?[row] ?? 0);
        if (ManagedKinds.ParseJson(name) is not { } kind || !kind.HoldsObjects())
            throw new InvalidDataException("objects lie in a generation that is none");
        return new GenerationStatistics(kind, Number(table, "count", row), Number(table, "bytes", row), Number(table, "freeCount", row), Number(table, "freeBytes", row));
    }

    static long Number(TableImage table, string column, int row)
    {
        var value = table.Find(column)?[row] ?? 0;
        return value <= Most ? (long)value : throw new InvalidDataException($"{value} is more than a heap can hold");
    }

    static IEnumerable<int> Rows(TableImage table) => Enumerable.Range(0, table.Rows);

    static void Fill(TableImage table, int rows, params ReadOnlySpan<(string Name, Func<int, ulong> Value)> columns)
    {
        foreach (var (name, value) in columns)
        {
            var column = table.Next(name);
            var values = column.Edit();
            for (var i = 0; i < rows; i++)
                values[i] = value(i);
            // The first column tells rows apart.
            if (name == columns[0].Name)
                values.CopyTo(table.Keys);
            column.Settle();
        }
        table.End();
    }
}
