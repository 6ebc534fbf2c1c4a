using System.Globalization;
using System.Text.Json;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Cli.Output;

/// <summary>The block of malloc that holds an address.</summary>
readonly record struct HeapBlock(Address Block, ulong Size, ulong Usable, ChunkState State, long Offset)
{
    /// <summary>Null where the snapshot was not asked for its heaps, or none of its blocks holds the address.</summary>
    public static HeapBlock? At(Snapshot snapshot, Address address)
    {
        if (snapshot.Heap?.Value.Chunks is not { } chunks || chunks.IndexOf(address) is not (>= 0 and var row))
            return null;
        var block = chunks.BlockOf(row);
        return new HeapBlock(block, chunks.SizeOf(row), chunks.UsableOf(row), chunks.StateOf(row), unchecked((long)(address.Value - block.Value)));
    }

    public override string ToString()
    {
        var place = Offset < 0 ? "in its header" : $"0x{Offset:x} into it";
        return string.Create(CultureInfo.InvariantCulture, $"{Block}  {State.Name()}, {Usable:N0} bytes usable, {Size:N0} with the header; {place}");
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject("heapBlock");
        json.WriteString("address", $"0x{Block.Value:x}");
        json.WriteNumber("size", Size);
        json.WriteNumber("usable", Usable);
        json.WriteString("state", State.Name());
        json.WriteNumber("offset", Offset);
        json.WriteEndObject();
    }
}
