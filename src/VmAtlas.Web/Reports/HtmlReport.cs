using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using VmAtlas.Formats.Export;
using VmAtlas.Formats.Frame;
using VmAtlas.Model;
using VmAtlas.Model.Managed;
using VmAtlas.Web.Api;
using VmAtlas.Web.Frames;
using VmAtlas.Web.Traces;

namespace VmAtlas.Web.Reports;

/// <summary>A snapshot or timeline as one html file that needs no server: the same page, read-only, with the same frames inside it.</summary>
/// <remarks>
/// The data is base64 of gzip, so nothing that came from the target is ever markup. The file's own policy forbids every
/// connection: it can not call home, whoever made it.
/// </remarks>
public static class HtmlReport
{
    /// <summary>Snapshots that can be selected in a report; of more, as many are taken evenly, the first and last among them. The chart has all.</summary>
    public const int MostSnapshots = 100;

    const string Policy =
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

    /// <param name="file">The saved file that has traces beside the timeline; null for none.</param>
    public static void Write(Timeline timeline, string title, Stream stream, string? file = null)
    {
        using var traces = file is null ? null : new FileTraces(file);
        Write(timeline, title, traces, stream);
    }

    internal static void Write(Timeline timeline, string title, TargetTraces? traces, Stream stream)
    {
        using var html = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        html.Write($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{Policy}">
            <title>{HtmlEncoder.Default.Encode(title)} – VmAtlas</title>
            <style>
            {PageFiles.ReadText("app.css")}
            </style>
            </head>
            <body>
            <main id="app"></main>
            <script type="application/json" id="report">
            """);
        html.Flush();
        WriteData(timeline, title, traces, stream);
        html.Write($"""
            </script>
            <script type="module">
            {PageFiles.ReadText("app.js").Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase)}
            </script>
            </body>
            </html>

            """);
    }

    static void WriteData(Timeline timeline, string title, TargetTraces? traces, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream);
        var chosen = Choose(timeline.Count);
        json.WriteStartObject();
        json.WriteString("title", title);
        WritePacked(json, "about", body => JsonSnapshot.Write(timeline.Load(timeline.Count - 1), body, new JsonOptions(Regions: false)));
        var series = new Series();
        series.CatchUp(timeline, CancellationToken.None);
        var (traced, pid) = (traces is { Count: > 0 } some ? some : null, timeline.Load(timeline.Count - 1).Process.Pid);
        WritePacked(json, "series", body => Write(series.Frame(traced is null ? null : times => TracedBytes.At(traced, pid, times)), body));
        WritePacked(json, "glossary", body => JsonSerializer.Serialize(body, WordCalls.Glossary, ApiJson.Default.GlossaryAnswerArray));
        json.WriteStartArray("snapshots");
        foreach (var i in chosen)
        {
            var snapshot = timeline.Load(i);
            json.WriteStartObject();
            json.WriteNumber("index", i);
            json.WriteString("takenAt", snapshot.TakenAt);
            WritePacked(json, "summary", body => JsonSnapshot.Write(snapshot, body, new JsonOptions(Regions: false)));
            WritePacked(json, "frame", body => Write(ColumnFrame.Of(snapshot, gaps: true), body));
            WritePacked(json, "facts", body => Write(FactsFrame.Of(snapshot), body));
            if (ManagedUse.Of(snapshot) is { } use)
                WritePacked(json, "managed", body => WriteManaged(new ManagedView(snapshot, use) { Objects = snapshot.Objects }, body));
            if (snapshot.Heap is { } heap)
                HeapPart.Write(json, snapshot, heap.Value, (name, write) => WritePacked(json, name, write));
            json.WriteEndObject();
            json.Flush();
        }
        json.WriteEndArray();
        if (timeline.Count > 1)
            WriteChanges(json, new ChangesFrame(SnapshotDiff.Between(timeline.Load(0), timeline.Load(timeline.Count - 1))));
        if (traced is not null)
            TraceReport.Write(json, traced, (name, write) => WritePacked(json, name, write));
        json.WriteEndObject();
    }

    static void WriteManaged(ManagedView view, Stream body)
    {
        using var json = new Utf8JsonWriter(body);
        JsonManaged.Write(json, view);
    }

    /// <summary>From the first to the last: what a report of a timeline is mostly made for.</summary>
    static void WriteChanges(Utf8JsonWriter json, ChangesFrame changes)
    {
        json.WriteStartObject("changes");
        WritePacked(json, "summary", body => ChangesJson.Write(changes.Diff, body));
        WritePacked(json, "frame", body => Write(changes.Frame(), body));
        json.WriteEndObject();
    }

    static int[] Choose(int count) => count <= MostSnapshots
        ? [.. Enumerable.Range(0, count)]
        : [.. Enumerable.Range(0, MostSnapshots).Select(i => (int)((long)i * (count - 1) / (MostSnapshots - 1)))];

    static void WritePacked(Utf8JsonWriter json, string name, Action<Stream> write)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            write(gzip);
        json.WriteBase64String(name, packed.GetBuffer().AsSpan(0, (int)packed.Length));
    }

    /// <summary>Into memory and gzip nothing waits, so this is as good as not asynchronous.</summary>
    internal static void Write(ColumnFrame frame, Stream stream) => frame.WriteToAsync(stream).AsTask().GetAwaiter().GetResult();
}
