using System.Text.Json;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Formats.Profiles;

/// <summary>A call site and its part in a region.</summary>
/// <param name="Mapped">What of the region it mapped; null where only blocks that it asked for lie in it.</param>
/// <param name="Function">What it called.</param>
/// <param name="Site">The <see cref="CallNode.Id"/> of the call; 0 where no stack was taken.</param>
/// <param name="Bytes">Mapped, or in the blocks, as asked for.</param>
/// <param name="Count">Mappings, or blocks.</param>
public readonly record struct RegionMaker(AddressRange? Mapped, TraceFunction Function, uint Site, ulong Bytes, long Count);

/// <summary>Who made each region, by a trace: the calls that mapped it, or where the C library did that by itself, those whose blocks lie in it.</summary>
/// <remarks>As it was when the trace ended. In a sampled trace blocks are those that were samples. What the loader and the kernel map has no maker.</remarks>
public sealed class RegionMakers(LoadedTrace trace)
{
    readonly TraceStore _store = trace.Store;
    readonly StackText _stacks = new(trace.Frames);
    readonly LiveBlock[] _blocks = [.. trace.Store.LiveBlocks().OrderBy(b => b.Address)];

    /// <summary>The call and its callers, of one maker: "make_room  room.c:12 (server) ← main".</summary>
    public string CallOf(RegionMaker maker) => _stacks.Leaf(maker.Site) + ModuleOf(maker.Site) + _stacks.CallersOf(maker.Site);

    /// <summary>The largest first.</summary>
    public IReadOnlyList<RegionMaker> Of(Region region)
    {
        var range = new AddressRange(region.Start, region.End);
        RegionMaker[] makers = [.. Mappers(region).OrderByDescending(m => m.Bytes)];
        return makers.Length > 0 ? makers : [.. Holders(range).OrderByDescending(m => m.Bytes)];
    }

    public void WriteJson(Utf8JsonWriter json, Region region)
    {
        const int most = 100;
        var makers = Of(region);
        if (makers.Count == 0)
            return;
        json.WriteStartArray("makers"u8);
        foreach (var maker in makers.Take(most))
        {
            json.WriteStartObject();
            if (maker.Mapped is { } range)
            {
                json.WriteString("address"u8, $"0x{range.Start.Value:x}");
                json.WriteString("end"u8, $"0x{range.End.Value:x}");
            }
            json.WriteString(maker.Mapped is null ? "blocksOf"u8 : "mappedBy"u8, TraceWords.Function(maker.Function));
            json.WriteNumber("bytes"u8, maker.Bytes);
            json.WriteNumber("count"u8, maker.Count);
            json.WriteNumber("site"u8, maker.Site);
            _stacks.WriteJson(json, maker.Site);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    IEnumerable<RegionMaker> Mappers(Region region)
    {
        // A region can have holes that belong to another: only what lies in its own blocks counts.
        var mapped = new List<MappingOwner>();
        foreach (var block in region.Blocks)
            mapped.AddRange(_store.Mappings.Within(block.Range));
        return from owner in mapped
               group owner by (owner.Site, owner.Function) into owners
               let whole = AddressRange.Of(owners.Min(o => o.Range.Start.Value), owners.Max(o => o.Range.End.Value))
               let bytes = owners.Aggregate(0UL, (sum, o) => sum + o.Range.Size.Bytes)
               select new RegionMaker(whole, owners.Key.Function, _store.MappingSites.Site(owners.Key.Site), bytes, owners.Count());
    }

    IEnumerable<RegionMaker> Holders(AddressRange range) =>
        from block in BlocksIn(range)
        group block by (block.Site, block.Function) into blocks
        select new RegionMaker(null, blocks.Key.Function, _store.Sites.Site(blocks.Key.Site), blocks.Aggregate(0UL, (sum, b) => sum + b.Size), blocks.Count());

    IEnumerable<LiveBlock> BlocksIn(AddressRange range)
    {
        var first = Array.BinarySearch(_blocks, new LiveBlock { Address = range.Start.Value }, s_byAddress);
        for (var i = first < 0 ? ~first : first; i < _blocks.Length && _blocks[i].Address < range.End.Value; i++)
            yield return _blocks[i];
    }

    string ModuleOf(uint site) => _stacks.Frames.Stack(site).FirstOrDefault() is { Module: not 0 } leaf && _stacks.Frames.Texts[leaf.Module] is var path
        ? $" ({path[(path.LastIndexOf('/') + 1)..]})" : "";

    static readonly Comparer<LiveBlock> s_byAddress = Comparer<LiveBlock>.Create((a, b) => a.Address.CompareTo(b.Address));
}
