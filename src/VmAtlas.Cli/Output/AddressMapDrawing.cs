using System.Text.Json;
using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>Draws the address space, low addresses first: every character the same number of bytes, long gaps folded into a line.</summary>
static class AddressMapDrawing
{
    const int AddressWidth = 14;

    static readonly char[] s_density = ['░', '▒', '▓', '█'];

    public static void Write(Screen screen, Snapshot snapshot, int lines)
    {
        var width = screen.DrawingWidth - AddressWidth;
        var map = AddressMap.Of(snapshot, lines * width);
        var column = 0;
        foreach (var cell in map.Cells)
        {
            if (cell.IsFolded)
            {
                if (column > 0)
                    screen.Line();
                column = 0;
                WriteFold(screen, cell);
                continue;
            }
            if (column == 0)
                screen.Write($"{cell.Range.Start.Value:x12}  ", Palette.Muted);
            WriteCell(screen, cell);
            if (++column == width)
            {
                screen.Line();
                column = 0;
            }
        }
        if (column > 0)
            screen.Line();
        screen.Line();
        WriteLegend(screen, map.CellBytes);
    }

    static void WriteFold(Screen screen, MapCell cell)
    {
        var what = cell.Type switch
        {
            MemoryType.Free => "free",
            MemoryType.Unusable => "unusable",
            var type => $"reserved: {type.Name()}",
        };
        screen.Line($"{cell.Range.Start.Value:x12}  ⋯ {Figures.Short(cell.Range.Size)} {what}", Palette.Muted);
    }

    /// <summary>The denser the character, the more of it is in memory; what is mapped but not in memory is the palest.</summary>
    static void WriteCell(Screen screen, MapCell cell)
    {
        if (cell.Type >= MemoryType.Unusable)
            screen.Write(cell.Type == MemoryType.Free ? '·' : '×', new Ink(Palette.Colour(MemoryType.Free)));
        else if (screen.HasColours)
            screen.Write(s_density[(int)Math.Min(3, cell.ResidentShare * 4)], new Ink(Palette.Colour(cell.Type)));
        else
            screen.Write(cell.ResidentShare >= 0.5 ? Palette.Letter(cell.Type) : char.ToLowerInvariant(Palette.Letter(cell.Type)));
    }

    static void WriteLegend(Screen screen, ulong cellBytes)
    {
        for (var type = MemoryType.Image; type <= MemoryType.PrivateData; type++)
        {
            screen.Write(screen.HasColours ? '█' : Palette.Letter(type), new Ink(Palette.Colour(type)));
            screen.Write(type < MemoryType.PrivateData ? $" {type.Name()}  " : $" {type.Name()}");
        }
        screen.Line();
        var density = screen.HasColours ? "the denser, the more of it is in memory" : "small letters: less than half of it is in memory";
        screen.Sentence($"one character is {Figures.Short(new ByteSize(cellBytes))}; {density}; · free, × unusable", Palette.Muted);
    }

    public static void WriteJson(Utf8JsonWriter json, Snapshot snapshot, int lines)
    {
        var map = AddressMap.Of(snapshot, lines * 100);
        json.WriteStartObject("map");
        json.WriteNumber("cellBytes", map.CellBytes);
        json.WriteStartArray("cells");
        foreach (var cell in map.Cells)
        {
            json.WriteStartObject();
            json.WriteString("address", $"0x{cell.Range.Start.Value:x}");
            json.WriteString("end", $"0x{cell.Range.End.Value:x}");
            json.WriteString("type", cell.Type.Name());
            json.WriteBoolean("folded", cell.IsFolded);
            json.WriteNumber("mapped", cell.Mapped);
            json.WriteNumber("totalWs", cell.Resident);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
