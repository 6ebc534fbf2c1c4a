using System.Globalization;
using System.Text.Json;
using VmAtlas.Capture;
using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>Everything known of one address.</summary>
/// <param name="place">What of an image is there; null where that is not known.</param>
/// <param name="traced">What a trace in the same file knows of it.</param>
sealed class AddressReport(Snapshot snapshot, Address address, PageState? page, ImagePlace? place, TracedPlace? traced = null)
{
    readonly int _block = snapshot.Blocks.IndexOf(address);
    readonly HeapBlock? _heapBlock = HeapBlock.At(snapshot, address);

    public void Write(Screen screen)
    {
        screen.Line($"{address}  {Escape.Text(snapshot.Process.Name)} {snapshot.Process.Pid}", Palette.Heading);
        PairList.Write(screen, _block < 0 ? Nothing() : Lines());
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("address", Hex(address.Value));
        if (_block < 0)
            json.WriteString("nothing", Targets.AddressArgument.What(snapshot, address));
        else
            WriteBlock(json, snapshot.BlockAt(_block));
        if (page is { } state)
        {
            json.WriteStartArray("page");
            foreach (var word in PageWords.Of(state))
                json.WriteStringValue(word);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    (string, string)[] Nothing() => [("Nothing", Targets.AddressArgument.What(snapshot, address))];

    IEnumerable<(string, string)> Lines()
    {
        var block = snapshot.BlockAt(_block);
        var region = block.Region;
        yield return ("Region", Escape.Text($"{region.Start}-{region.End}  {region.Type.Name()}  {Figures.Kib(region.Get(Measure.Size))}  {region.Details}"));
        yield return ("Block", Escape.Text($"{block.Range}  {block.Protection.ToMapsText()}  {Figures.Kib(block.Range.Size.Bytes)}  {block.Label}").TrimEnd());
        if (place?.Section is { } section)
            yield return ("Section", Escape.Text(section));
        if (place?.Symbol is { } symbol)
            yield return ("Symbol", Escape.Text(symbol) + (place.Value.Offset != 0 ? $" + {Hex(place.Value.Offset)}" : ""));
        yield return ("Offset", Offsets(block));
        if (block.Name.Length > 0)
            yield return ("Mapping", Escape.Text(block.Name));
        if (_heapBlock is { } inHeap)
            yield return ("Heap block", inHeap.ToString());
        foreach (var line in traced?.Lines() ?? [])
            yield return line;
        if (page is { } state)
            yield return ("Page", string.Join(", ", PageWords.Of(state)));
        if (snapshot.Has(Measure.TotalWs))
            yield return ("In memory", $"{Figures.Kib(block.Get(Measure.TotalWs))} of the block, {Figures.Kib(block.Get(Measure.PrivateWs))} of it private");
        if (block.Flags != 0)
            yield return ("VmFlags", VmFlags.ToText(block.Flags));
        yield return ("Why", Escape.Text($"{region.Annotator.Name}: {region.Reason}"));
        foreach (var (key, value) in region.Facts)
            yield return (Escape.Text(key), Escape.Text(value));
    }

    string Offsets(Block block)
    {
        var text = $"{Hex(address - block.Range.Start)} in the block, {Hex(address - block.Region.Start)} in the region";
        return block.Inode != 0 ? $"{text}, {Hex(InFile(block))} in the file" : text;
    }

    ulong InFile(Block block) => block.Offset + (address - block.Range.Start).Bytes;

    void WriteBlock(Utf8JsonWriter json, Block block)
    {
        var region = block.Region;
        json.WriteStartObject("region");
        json.WriteString("address", Hex(region.Start.Value));
        json.WriteString("end", Hex(region.End.Value));
        json.WriteString("type", region.Type.Name());
        json.WriteNumber("size", region.Get(Measure.Size));
        json.WriteString("details", region.Details);
        json.WriteString("annotator", region.Annotator.Name);
        json.WriteString("reason", region.Reason);
        json.WriteStartObject("facts");
        foreach (var (key, value) in region.Facts)
            json.WriteString(key, value);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("block");
        json.WriteString("address", Hex(block.Range.Start.Value));
        json.WriteString("end", Hex(block.Range.End.Value));
        json.WriteNumber("size", block.Range.Size.Bytes);
        json.WriteString("protection", block.Protection.ToMapsText());
        json.WriteString("label", block.Label);
        json.WriteString("name", block.Name);
        json.WriteString("flags", VmFlags.ToText(block.Flags));
        json.WriteEndObject();
        json.WriteNumber("offsetInBlock", (address - block.Range.Start).Bytes);
        json.WriteNumber("offsetInRegion", (address - region.Start).Bytes);
        if (block.Inode != 0)
            json.WriteNumber("offsetInFile", InFile(block));
        if (place?.Section is { } section)
            json.WriteString("section", section);
        if (place?.Symbol is { } symbol)
        {
            json.WriteString("symbol", symbol);
            json.WriteNumber("offsetInSymbol", place.Value.Offset);
        }
        _heapBlock?.WriteJson(json);
        traced?.WriteJson(json);
    }

    static string Hex(ByteSize size) => Hex(size.Bytes);

    static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);
}
