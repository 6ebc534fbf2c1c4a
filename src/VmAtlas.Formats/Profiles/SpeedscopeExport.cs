using System.Text.Json;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Formats.Profiles;

/// <summary>Call sites as a file for speedscope.app (its published schema): one profile each of live bytes, live blocks, allocated bytes, allocations.</summary>
public static class SpeedscopeExport
{
    public static void Write(TraceStore store, NodeFrames frames, Stream to)
    {
        using var json = new Utf8JsonWriter(to);
        var numbers = new Dictionary<StackFrame, int>();
        var stacks = Enumerable.Range(0, store.Sites.Count).Select(row => Stack(frames, store.Sites.Site(row), numbers)).ToList();
        json.WriteStartObject();
        json.WriteString("$schema", "https://www.speedscope.app/file-format-schema.json");
        json.WriteString("name", store.Process.Command);
        json.WriteString("exporter", "vmatlas");
        json.WriteNumber("activeProfileIndex", 0);
        json.WriteStartObject("shared");
        json.WriteStartArray("frames");
        foreach (var frame in numbers.OrderBy(n => n.Value).Select(n => n.Key))
            WriteFrame(json, frames, frame);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartArray("profiles");
        foreach (var value in (SiteValue[])[SiteValue.LiveBytes, SiteValue.LiveCount, SiteValue.TotalBytes, SiteValue.TotalCount])
            WriteProfile(json, store, stacks, value);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Frame numbers, root first.</summary>
    static int[] Stack(NodeFrames frames, uint site, Dictionary<StackFrame, int> numbers)
    {
        var stack = new List<int>();
        foreach (var frame in frames.Stack(site).DefaultIfEmpty(new StackFrame(frames.Texts.Intern("(no stack)"), 0, 0, 0, false)))
        {
            // Whether it was inlined here makes no other frame of it.
            var key = frame with { IsInlined = false };
            numbers.TryAdd(key, numbers.Count);
            stack.Add(numbers[key]);
        }
        stack.Reverse();
        return [.. stack];
    }

    static void WriteFrame(Utf8JsonWriter json, NodeFrames frames, StackFrame frame)
    {
        json.WriteStartObject();
        json.WriteString("name", frames.Texts[frame.Function]);
        if (frame.File != 0)
            json.WriteString("file", frames.Texts[frame.File]);
        if (frame.Line != 0)
            json.WriteNumber("line", frame.Line);
        json.WriteEndObject();
    }

    static void WriteProfile(Utf8JsonWriter json, TraceStore store, List<int[]> stacks, SiteValue value)
    {
        var weights = Enumerable.Range(0, stacks.Count).Select(row => (Row: row, Weight: value.Of(store.Sites[row])))
            .Where(w => w.Weight > 0).ToList();
        json.WriteStartObject();
        json.WriteString("type", "sampled");
        json.WriteString("name", value.Name());
        json.WriteString("unit", value.IsBytes() ? "bytes" : "none");
        json.WriteNumber("startValue", 0);
        json.WriteNumber("endValue", weights.Sum(w => w.Weight));
        json.WriteStartArray("samples");
        foreach (var (row, _) in weights)
        {
            json.WriteStartArray();
            foreach (var frame in stacks[row])
                json.WriteNumberValue(frame);
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteStartArray("weights");
        foreach (var (_, weight) in weights)
            json.WriteNumberValue(weight);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
