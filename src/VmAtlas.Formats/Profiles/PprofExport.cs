using System.IO.Compression;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Formats.Profiles;

/// <summary>Call sites as a profile for <c>go tool pprof</c>: gzip of profile.proto (github.com/google/pprof/blob/main/proto/profile.proto), with Go's own four
/// sample types of a heap profile.</summary>
public sealed class PprofExport
{
    // Fields of Profile.
    const int SampleType = 1, Sample = 2, Mapping = 3, Location = 4, Function = 5, StringTable = 6, TimeNanos = 9, DurationNanos = 10,
        PeriodType = 11, Period = 12, DefaultSampleType = 14;

    readonly TraceStore _store;
    readonly NodeFrames _frames;
    readonly ProtoWriter _profile = new(), _message = new(), _line = new();
    readonly List<string> _strings = [""];
    readonly Dictionary<string, int> _numbers = new() { [""] = 0 };
    readonly Dictionary<(int Function, int File), ulong> _functions = [];
    readonly HashSet<uint> _locations = [];

    PprofExport(TraceStore store, NodeFrames frames) => (_store, _frames) = (store, frames);

    public static void Write(TraceStore store, NodeFrames frames, Stream to)
    {
        var export = new PprofExport(store, frames);
        export.Fill();
        using var gzip = new GZipStream(to, CompressionLevel.Optimal, leaveOpen: true);
        gzip.Write(export._profile.Written);
    }

    void Fill()
    {
        foreach (var (type, unit) in ((string, string)[])[("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")])
            _profile.Message(SampleType, ValueType(type, unit));
        for (var row = 0; row < _store.Sites.Count; row++)
            AddSample(_store.Sites.Site(row), _store.Sites[row]);
        foreach (var module in _store.Modules)
            AddMapping(module);
        var totals = _store.Totals;
        _profile.Number(TimeNanos, (_store.Process.Began - DateTimeOffset.UnixEpoch).Ticks * 100 + totals.Time)
            .Number(DurationNanos, totals.Time)
            .Message(PeriodType, ValueType("space", "bytes"))
            .Number(Period, Math.Max(1, _store.Process.SampleInterval))
            .Number(DefaultSampleType, (ulong)Number("inuse_space"));
        foreach (var text in _strings)
            _profile.Text(StringTable, text);
    }

    ProtoWriter ValueType(string type, string unit) => _message.Clear().Number(1, (ulong)Number(type)).Number(2, (ulong)Number(unit));

    void AddSample(uint site, SiteFigures figures)
    {
        var stack = _store.CallNodes.Stack(site).ToList();
        if (stack.Count == 0)
            stack.Add(NoStack());
        else
            stack.ForEach(AddLocation);
        // Zeros stand in a packed field, so all four values are always there.
        ulong[] values = [Count(figures.TotalCount), (ulong)figures.TotalBytes, Count(figures.LiveCount), (ulong)figures.LiveBytes];
        _profile.Message(Sample, _message.Clear().Packed(1, stack.Select(n => (ulong)n)).Packed(2, values));
    }

    void AddLocation(uint id)
    {
        if (!_locations.Add(id))
            return;
        var node = _store.CallNodes[id];
        // By pprof's convention an address is of the call itself, not of where it returns to.
        var address = node.Kind == CallNodeKind.Interrupted ? node.Pc : node.Pc - 1;
        var lines = _frames[id].ToArray();
        foreach (var line in lines)
            AddFunction(_frames.Frame(line));
        _message.Clear().Number(1, id).Number(2, node.Module >= 0 && node.Module < _store.Modules.Count ? (ulong)node.Module + 1 : 0).Number(3, address);
        foreach (var line in lines)
        {
            var frame = _frames.Frame(line);
            _message.Message(4, _line.Clear().Number(1, _functions[(frame.Function, frame.File)]).Number(2, frame.Line));
        }
        _profile.Message(Location, _message);
    }

    /// <summary>pprof leaves out samples without a place: what has no stack gets one of that name.</summary>
    uint NoStack()
    {
        var id = _store.CallNodes.End;
        if (!_locations.Add(id))
            return id;
        var frame = new StackFrame(_frames.Texts.Intern("(no stack)"), 0, 0, 0, false);
        AddFunction(frame);
        _profile.Message(Location, _message.Clear().Number(1, id).Message(4, _line.Clear().Number(1, _functions[(frame.Function, 0)])));
        return id;
    }

    void AddFunction(StackFrame frame)
    {
        if (!_functions.TryAdd((frame.Function, frame.File), (ulong)_functions.Count + 1))
            return;
        var name = (ulong)Number(_frames.Texts[frame.Function]);
        _profile.Message(Function, _message.Clear().Number(1, (ulong)_functions.Count).Number(2, name).Number(3, name)
            .Number(4, (ulong)Number(_frames.Texts[frame.File])));
    }

    void AddMapping(TraceModule module) => _profile.Message(Mapping, _message.Clear()
        .Number(1, (ulong)module.Index + 1).Number(2, module.Range.Start.Value).Number(3, module.Range.End.Value)
        .Number(5, (ulong)Number(module.Path)).Number(6, (ulong)Number(module.BuildId))
        .Number(7, 1UL).Number(8, 1UL).Number(9, 1UL).Number(10, 1UL));

    int Number(string text)
    {
        if (!_numbers.TryGetValue(text, out var number))
        {
            _numbers.Add(text, number = _strings.Count);
            _strings.Add(text);
        }
        return number;
    }

    static ulong Count(double count) => (ulong)Math.Max(0, Math.Round(count));
}
