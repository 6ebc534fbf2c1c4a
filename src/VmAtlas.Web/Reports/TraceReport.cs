using System.Text.Json;
using VmAtlas.Formats.Frame;
using VmAtlas.Model.Tracing;
using VmAtlas.Web.Api;
using VmAtlas.Web.Frames;
using VmAtlas.Web.Traces;

namespace VmAtlas.Web.Reports;

/// <summary>The traces of a target as parts of a report: what its views show, without the events.</summary>
static class TraceReport
{
    /// <summary>A report is for reading and for sending: of larger traces it has the largest.</summary>
    const int MostBlocks = 100_000, MostTreeRows = 50_000, MostSites = 20_000;

    /// <param name="pack">Writes a member of the object.</param>
    public static void Write(Utf8JsonWriter json, TargetTraces traces, Action<string, Action<Stream>> pack)
    {
        json.WriteStartArray("traces");
        foreach (var about in TraceCalls.Describe(traces))
        {
            json.WriteStartObject();
            pack("about", body => JsonSerializer.Serialize(body, about, ApiJson.Default.TraceAnswer));
            json.WriteStartObject("trees");
            foreach (var (name, shape) in (IEnumerable<(string, CallTreeShape)>)[("top-down", CallTreeShape.TopDown), ("bottom-up", CallTreeShape.BottomUp), ("module", CallTreeShape.ByModule), ("thread", CallTreeShape.ByThread)])
                pack(name, body => Write(CallTreeFrame.Of(traces.Tree(about.Number, shape, mappings: false), MostTreeRows, about.OnlyTotals), body));
            json.WriteEndObject();
            pack("allocations", body => Write(traces.Look(about.Number, p => AllocationsFrame.Of(p, AllocationsFrame.Everywhere, null, MostBlocks)), body));
            pack("growth", body => Write(traces.Look(about.Number, p => GrowthFrame.Of(p, 0, p.Store.Totals.Time, MostSites)), body));
            pack("stacks", body => traces.Look(about.Number, p => WriteStacks(p, body)));
            json.WriteEndObject();
            json.Flush();
        }
        json.WriteEndArray();
    }

    /// <summary>Of the sites that hold most, by their numbers.</summary>
    static bool WriteStacks(ProgramTrace program, Stream body)
    {
        var sites = program.Store.Sites;
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        foreach (var row in Enumerable.Range(0, sites.Count).Where(row => sites[row].LiveBytes > 0).OrderByDescending(row => sites[row].LiveBytes).Take(MostSites))
        {
            json.WritePropertyName($"{sites.Site(row)}");
            program.Stacks.WriteFrames(json, sites.Site(row));
        }
        json.WriteEndObject();
        return true;
    }

    static void Write(ColumnFrame frame, Stream stream) => frame.WriteToAsync(stream).AsTask().GetAwaiter().GetResult();
}
