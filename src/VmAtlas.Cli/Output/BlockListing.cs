using System.Text.Json;
using VmAtlas.Capture;
using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Cli.Output;

/// <summary>Blocks of a heap as a table or json: address, size, state, C++ class, first bytes.</summary>
/// <param name="memory">The target's; null for a saved heap, which has no bytes.</param>
/// <param name="classes">Null where they can not be told.</param>
sealed class BlockListing(ChunkTable chunks, int[] rows, IMemorySource? memory, BlockClasses? classes, int bytes)
{
    readonly byte[] _bytes = new byte[bytes];

    public void Write(Screen screen)
    {
        List<TableColumn> columns =
        [
            new("Block", (row, cell) => cell.Append($"{chunks.BlockOf(rows[row]).Value:x12}")),
            new("Size", (row, cell) => cell.Append($"{chunks.SizeOf(rows[row]):N0}")) { Right = true },
            new("Usable", (row, cell) => cell.Append($"{chunks.UsableOf(rows[row]):N0}")) { Right = true, DropOrder = 1 },
            new("State", (row, cell) => cell.Append(chunks.StateOf(rows[row]).Name())),
            new("Class", (row, cell) => cell.AppendForeign(ClassOf(rows[row]) ?? "")) { Flexible = true },
        ];
        if (bytes > 0)
            columns.Add(new TableColumn("First bytes", (row, cell) => AppendBytes(cell, FirstBytes(rows[row]))));
        new TextTable(columns, rows.Length).Write(screen);
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartArray("blocks");
        foreach (var row in rows)
        {
            json.WriteStartObject();
            json.WriteString("address", $"0x{chunks.BlockOf(row).Value:x}");
            json.WriteNumber("size", chunks.SizeOf(row));
            json.WriteNumber("usable", chunks.UsableOf(row));
            json.WriteString("state", chunks.StateOf(row).Name());
            if (ClassOf(row) is { } name)
                json.WriteString("class", name);
            if (bytes > 0)
                json.WriteString("bytes", Convert.ToHexStringLower(FirstBytes(row)));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>One line a block: for <c>-o x.csv</c>.</summary>
    public void WriteCsv(TextWriter csv)
    {
        csv.Write("address,size,usable,state,class,bytes\n");
        foreach (var row in rows)
        {
            var name = ClassOf(row)?.Replace("\"", "\"\"", StringComparison.Ordinal);
            csv.Write($"0x{chunks.BlockOf(row).Value:x},{chunks.SizeOf(row)},{chunks.UsableOf(row)},{chunks.StateOf(row).Name()},");
            csv.Write(name is null ? "," : $"\"{Escape.Text(name)}\",");
            csv.Write(Convert.ToHexStringLower(FirstBytes(row)));
            csv.Write('\n');
        }
    }

    string? ClassOf(int row) => chunks.StateOf(row).IsHeld() ? classes?.Of(chunks.BlockOf(row)) : null;

    ReadOnlySpan<byte> FirstBytes(int row)
    {
        var wanted = (int)Math.Min((ulong)bytes, chunks.UsableOf(row));
        return _bytes.AsSpan(0, memory?.Read(chunks.BlockOf(row), _bytes.AsSpan(0, wanted)) ?? 0);
    }

    /// <summary>Hexadecimal in groups of eight, then what is printable ASCII.</summary>
    static void AppendBytes(Cell cell, ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            cell.Append($"{bytes[i]:x2}");
            if (i % 8 == 7)
                cell.Append(" ");
        }
        cell.Append(" ");
        foreach (var b in bytes)
            cell.Append([b is >= 0x20 and < 0x7f ? (char)b : '.']);
    }
}
