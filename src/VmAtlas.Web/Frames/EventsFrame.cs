using VmAtlas.Formats.Frame;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Web.Traces;

namespace VmAtlas.Web.Frames;

/// <summary>Some events of a trace as a frame: a row an event, in order of time.</summary>
static class EventsFrame
{
    /// <summary>Columns "time" in seconds, "address", "size" (−1 for a free, which does not know it), "oldAddress", "tid", "site", and the texts "function", "operation", "protection", "call".</summary>
    public static ColumnFrame Of(ProgramTrace program, IReadOnlyList<TraceEvent> events, Dictionary<uint, string> calls)
    {
        var (texts, threads, rows) = (new FrameTexts(), program.Store.Threads, events.Count);
        var tids = new uint[rows];
        for (var i = 0; i < rows; i++)
            tids[i] = (uint)threads.OfEvent(events[i]).Tid;
        return ColumnFrame.Of(rows,
        [
            FrameColumn.Doubles("time", "s", i => events[i].Time / 1e9),
            FrameColumn.Doubles("address", "address", i => events[i].Address),
            FrameColumn.Doubles("size", "B", i => events[i].Operation == TraceOperation.Free ? -1 : events[i].Size),
            FrameColumn.Doubles("oldAddress", "address", i => events[i].OldAddress),
            FrameColumn.Unsigned("tid", "", i => tids[i]),
            FrameColumn.Unsigned("site", "", i => events[i].Site),
            texts.Column("function", rows, i => TraceWords.Function(events[i].Function)),
            texts.Column("operation", rows, i => TraceWords.Operation(events[i].Operation)),
            texts.Column("protection", rows, i => events[i].Protection == 0 ? "" : events[i].Protection.ToMapsText()),
            texts.Column("call", rows, i => Call(program, events[i].Site, calls)),
        ], texts.All);
    }

    /// <param name="calls">What was made already.</param>
    static string Call(ProgramTrace program, uint site, Dictionary<uint, string> calls)
    {
        if (site == 0)
            return "";
        if (!calls.TryGetValue(site, out var call))
            calls.Add(site, call = program.Store.CallNodes.Contains(site) ? program.Stacks.Leaf(site) : "");
        return call;
    }
}
