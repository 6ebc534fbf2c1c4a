using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Testing;

namespace VmAtlas.Web.Tests;

/// <summary>Files with traces that no program made.</summary>
static class SavedTraces
{
    /// <summary>A snapshot, and a trace of one mapping that the function make_room asked for.</summary>
    public static void WriteMapping(string path, ulong start, ulong size) => Write(path, (told, frames) =>
    {
        told.Nodes([new CallNode(1, 0, 0x1000, -1)]);
        told.Events([new TraceEvent { Time = 1, Address = start, Size = size, Weight = 1, Site = 1, Operation = TraceOperation.Map, Function = TraceFunction.Mmap }]);
        frames.Set(1, [frames.Number(new StackFrame(frames.Texts.Intern("make_room"), 0, 0, 0, false))]);
    });

    /// <summary>A snapshot, and a trace of one block for each source file, that a function in it asked for.</summary>
    public static void Write(string path, params string[] sources) => Write(path, (told, frames) =>
    {
        for (uint i = 0; i < sources.Length; i++)
        {
            told.Nodes([new CallNode(i + 1, 0, 0x1000 + i, -1)]);
            told.Events([new TraceEvent { Time = i + 1, Address = 0x10000 + i * 64, Size = 64, Weight = 1, Site = i + 1, Operation = TraceOperation.Allocate, Function = TraceFunction.Malloc }]);
            frames.Set(i + 1, [frames.Number(new StackFrame(frames.Texts.Intern($"function {i}"), 0, frames.Texts.Intern(sources[i]), 1, false))]);
        }
    });

    /// <summary>A snapshot, and a block of no bytes that was given back.</summary>
    public static void WriteFreed(string path) => Write(path, (told, _) => told.Events(
    [
        new TraceEvent { Time = 1, Address = 0x10000, Weight = 1, Operation = TraceOperation.Allocate, Function = TraceFunction.Malloc },
        new TraceEvent { Time = 2, Address = 0x10000, Operation = TraceOperation.Free, Function = TraceFunction.Free },
    ]));

    /// <summary>The trace of a program that ended before its map was read.</summary>
    public static void WriteOnly(string path) => Write(path, (told, _) =>
        told.Events([new TraceEvent { Time = 1, Address = 0x10000, Size = 64, Weight = 1, Operation = TraceOperation.Allocate, Function = TraceFunction.Malloc }]), map: false);

    static void Write(string path, Action<ITraceSink, NodeFrames> tell, bool map = true)
    {
        using var file = TimelineFile.Create(path);
        if (map)
            file.Append(Snapshots.Sample().Make());
        var process = new TraceProcess(4711, 0, "sample", DateTimeOffset.UnixEpoch, false, 0);
        var (recording, store) = (new TraceWriter(file).Begin(process), new TraceStore(process));
        var told = new TraceTee(store, recording);
        told.Thread(new TraceThread(0, 4711, "sample"));
        var frames = new NodeFrames(store.CallNodes, store.Modules);
        tell(told, frames);
        told.End(TraceEnding.Exited, 0, 1000);
        recording.Symbols(frames, store.CallNodes);
    }
}
