using System.Buffers.Binary;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using VmAtlas.Formats.Export;
using VmAtlas.Formats.Frame;
using VmAtlas.Web.Sessions;

namespace VmAtlas.Web.Api;

/// <summary>All that the window begins with in one answer, so that it asks once: what is open, what the reader chose, and the newest snapshot.</summary>
static class StartCalls
{
    const int Alignment = 8;

    /// <summary>Bytes before the json: its length as u32, and four that are zero, so that the frame behind it is aligned.</summary>
    const int HeadLength = 8;

    public static void Map(IEndpointRouteBuilder routes, ApiContext api) => routes.MapGet("/api/start", async context =>
    {
        var session = api.Sessions.All.LastOrDefault();
        var index = session is null ? -1 : session.Timeline.Count - 1;
        var frame = session is null ? null : ColumnFrame.Of(session.Load(index), gaps: true);
        using var head = new MemoryStream();
        head.SetLength(HeadLength);
        head.Position = HeadLength;
        Write(head, api, session, index);
        while (head.Length % Alignment != 0)
            head.WriteByte((byte)' ');
        BinaryPrimitives.WriteInt32LittleEndian(head.GetBuffer(), (int)head.Length - HeadLength);
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = head.Length + (frame?.Length ?? 0);
        await context.Response.Body.WriteAsync(head.GetBuffer().AsMemory(0, (int)head.Length), context.RequestAborted);
        if (frame is not null)
            await frame.WriteToAsync(context.Response.Body, context.RequestAborted);
    });

    /// <summary><c>{"sessions": …, "settings": …, "index": the newest snapshot of the last session, "summary": its}</c>; without a session only the first two.</summary>
    static void Write(Stream body, ApiContext api, Session? session, int index)
    {
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WritePropertyName("sessions");
        JsonSerializer.Serialize(json, [.. api.Sessions.All.Select(SessionCalls.Describe)], ApiJson.Default.IReadOnlyListSessionAnswer);
        json.WritePropertyName("settings");
        if (api.Settings.Read() is { } settings)
            settings.WriteTo(json);
        else
            json.WriteNullValue();
        if (session is not null)
        {
            using var summary = new MemoryStream();
            JsonSnapshot.Write(session.Load(index), summary, new JsonOptions(Regions: false));
            json.WriteNumber("index", index);
            json.WritePropertyName("summary");
            json.WriteRawValue(summary.GetBuffer().AsSpan(0, (int)summary.Length), skipInputValidation: true);
        }
        json.WriteEndObject();
    }
}
