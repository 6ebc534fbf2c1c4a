using System.Text.Json;
using VmAtlas.Formats.Profiles;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Cli.Output;

/// <summary>What a trace knows of an address: the block that is live there at its end, and the call that made the mapping around it.</summary>
sealed class TracedPlace
{
    readonly TraceStore _store;
    readonly StackText _stacks;
    readonly LiveBlock? _block;
    readonly MappingOwner? _mapping;

    TracedPlace(LoadedTrace trace, LiveBlock? block, MappingOwner? mapping) =>
        (_store, _stacks, _block, _mapping) = (trace.Store, new StackText(trace.Frames), block, mapping);

    /// <summary>Null where the trace knows nothing of the address.</summary>
    public static TracedPlace? Find(LoadedTrace trace, Address address)
    {
        var block = Array.Find(trace.Store.LiveBlocks(), b => address.Value >= b.Address && address.Value - b.Address < Math.Max(1, b.Size));
        var mapping = trace.Store.Mappings.Find(address);
        return block.Address == 0 && mapping is null ? null : new TracedPlace(trace, block.Address == 0 ? null : block, mapping);
    }

    public IEnumerable<(string, string)> Lines()
    {
        if (_block is { } block)
        {
            yield return ("Allocation", $"{new Address(block.Address)}  {block.Size:N0} bytes  {TraceWords.Function(block.Function)}  "
                + $"{SiteTables.Time(_store.Totals.Time - block.Time)} old at the trace's end  thread {ThreadOf(block.Thread)}");
            foreach (var line in Stack("Asked for by", _store.Sites.Site(block.Site)))
                yield return line;
        }
        if (_mapping is { } mapping)
        {
            yield return ("Mapped", $"{mapping.Range}  {TraceWords.Function(mapping.Function)}  thread {ThreadOf(mapping.Thread)}");
            foreach (var line in Stack("Mapped by", _store.MappingSites.Site(mapping.Site)))
                yield return line;
        }
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        if (_block is { } block)
        {
            json.WriteStartObject("allocation");
            json.WriteString("address", $"0x{block.Address:x}");
            json.WriteNumber("size", block.Size);
            json.WriteString("type", TraceWords.Function(block.Function));
            json.WriteNumber("age", (_store.Totals.Time - block.Time) / 1e9);
            json.WriteNumber("tid", _store.Threads[block.Thread].Tid);
            _stacks.WriteJson(json, _store.Sites.Site(block.Site));
            json.WriteEndObject();
        }
        if (_mapping is { } mapping)
        {
            json.WriteStartObject("mapped");
            json.WriteString("address", $"0x{mapping.Range.Start.Value:x}");
            json.WriteString("end", $"0x{mapping.Range.End.Value:x}");
            json.WriteString("type", TraceWords.Function(mapping.Function));
            json.WriteNumber("tid", _store.Threads[mapping.Thread].Tid);
            _stacks.WriteJson(json, _store.MappingSites.Site(mapping.Site));
            json.WriteEndObject();
        }
    }

    /// <summary>A line a frame; only the first has a heading.</summary>
    IEnumerable<(string, string)> Stack(string heading, uint site)
    {
        foreach (var frame in _stacks.Frames.Stack(site))
        {
            yield return (heading, Escape.Text(_stacks.OneFrame(frame)));
            heading = "";
        }
    }

    string ThreadOf(int thread) => Escape.Text($"{_store.Threads[thread].Tid} {_store.Threads[thread].Name}");
}
