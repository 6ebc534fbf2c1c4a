using System.Text.Json;
using VmAtlas.Model;

namespace VmAtlas.Formats.Export;

/// <summary>The parts of a snapshot's json that are not columns: process, time, system, counters, annotators, named facts.</summary>
static class JsonFacts
{
    public static void Write(Snapshot snapshot, Utf8JsonWriter writer)
    {
        WriteProcess(snapshot.Process, writer);
        writer.WriteString("time"u8, snapshot.TakenAt.UtcDateTime);
        writer.WriteNumber("milliseconds"u8, snapshot.Took.TotalMilliseconds);
        WriteSystem(snapshot, writer);
        writer.WriteStartObject("counters"u8);
        foreach (var (name, value) in snapshot.Counters)
            writer.WriteNumber(name, value);
        writer.WriteEndObject();
    }

    public static void WriteAnnotators(Snapshot snapshot, Utf8JsonWriter writer)
    {
        writer.WriteStartArray("annotators"u8);
        foreach (var report in snapshot.Annotators)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, report.Name);
            writer.WriteBoolean("ran"u8, report.Ran);
            Text("whyNot"u8, report.WhyNot, writer);
            writer.WriteNumber("milliseconds"u8, report.Took.TotalMilliseconds);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    /// <summary>The facts of one region, which stand in order of region: <paramref name="next"/> is where those of the next begin.</summary>
    public static void WriteRegionFacts(Snapshot snapshot, int region, ref int next, Utf8JsonWriter writer)
    {
        var facts = snapshot.Regions.Facts;
        while (next < facts.Count && facts[next].Region < region)
            next++;
        if (next == facts.Count || facts[next].Region != region)
            return;
        writer.WriteStartArray("facts"u8);
        for (; next < facts.Count && facts[next].Region == region; next++)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, snapshot.Strings[facts[next].Key]);
            writer.WriteString("value"u8, snapshot.Strings[facts[next].Value]);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    static void WriteProcess(ProcessFacts process, Utf8JsonWriter writer)
    {
        writer.WriteStartObject("process"u8);
        writer.WriteNumber("pid"u8, process.Pid);
        writer.WriteString("name"u8, process.Name);
        Text("command"u8, process.Command, writer);
        Text("executable"u8, process.Executable, writer);
        Text("user"u8, process.User, writer);
        Number("parentPid"u8, process.ParentPid, writer);
        if (process.StartedAt is { } startedAt)
            writer.WriteString("startedAt"u8, startedAt.UtcDateTime);
        Number("threads"u8, process.Threads, writer);
        Text("architecture"u8, process.Architecture, writer);
        Text("container"u8, process.Container, writer);
        writer.WriteEndObject();
    }

    static void WriteSystem(Snapshot snapshot, Utf8JsonWriter writer)
    {
        var (system, layout) = (snapshot.System, snapshot.Layout);
        writer.WriteStartObject("system"u8);
        writer.WriteString("kernel"u8, system.Kernel);
        Text("host"u8, system.Host, writer);
        Text("architecture"u8, system.Architecture, writer);
        writer.WriteNumber("pageSize"u8, system.PageSize.Bytes);
        Number("physicalMemory"u8, (long?)system.PhysicalMemory?.Bytes, writer);
        JsonSnapshot.WriteAddress("lowestAddress"u8, layout.Lowest, writer);
        JsonSnapshot.WriteAddress("endAddress"u8, layout.End, writer);
        writer.WriteNumber("stackGuardGap"u8, layout.StackGuardGap.Bytes);
        writer.WriteStartArray("problems"u8);
        foreach (var problem in snapshot.Problems)
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, problem.Id);
            writer.WriteString("message"u8, problem.Message);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    static void Text(ReadOnlySpan<byte> name, string? text, Utf8JsonWriter writer)
    {
        if (text is not null)
            writer.WriteString(name, text);
    }

    static void Number(ReadOnlySpan<byte> name, long? number, Utf8JsonWriter writer)
    {
        if (number is { } n)
            writer.WriteNumber(name, n);
    }
}
