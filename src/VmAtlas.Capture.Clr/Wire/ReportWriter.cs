using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Wire;

/// <summary>Writes a report as frames; <see cref="ReportReader"/> reads it back.</summary>
static class ReportWriter
{
    public const int RangeBytes = 20;

    public static void Write(FrameWriter frames, ManagedReport report)
    {
        var payload = new ArrayBufferWriter<byte>(4096);
        payload.Write([Tristate(report.IsServer), Tristate(report.HasRegions)]);
        WriteText(payload, report.RuntimeVersion ?? "");
        Flush(frames, FrameKind.Runtime, payload);
        WriteRanges(frames, report.Ranges, payload);
        if (report.Objects is { } objects)
            WriteObjects(frames, objects, payload);
        frames.Write(FrameKind.End, []);
        frames.Flush();
    }

    static byte Tristate(bool? value) => value switch { null => 0, false => 1, true => 2 };

    static void WriteRanges(FrameWriter frames, IReadOnlyList<ManagedRange> ranges, ArrayBufferWriter<byte> payload)
    {
        foreach (var range in ranges)
        {
            var record = payload.GetSpan(RangeBytes);
            BinaryPrimitives.WriteUInt64LittleEndian(record, range.Start);
            BinaryPrimitives.WriteUInt64LittleEndian(record[8..], range.End);
            record[16] = (byte)range.Kind;
            record[17] = (byte)range.State;
            BinaryPrimitives.WriteInt16LittleEndian(record[18..], range.Heap);
            payload.Advance(RangeBytes);
            FlushIfLarge(frames, FrameKind.Ranges, payload);
        }
        Flush(frames, FrameKind.Ranges, payload);
    }

    static void WriteObjects(FrameWriter frames, HeapStatistics objects, ArrayBufferWriter<byte> payload)
    {
        foreach (var type in objects.Types)
        {
            WriteNumber(payload, type.Count);
            WriteNumber(payload, type.Bytes);
            WriteText(payload, type.Name);
            FlushIfLarge(frames, FrameKind.Types, payload);
        }
        Flush(frames, FrameKind.Types, payload);
        WriteNumber(payload, objects.SkippedBytes);
        foreach (var generation in objects.Generations)
        {
            payload.Write([(byte)generation.Kind]);
            WriteNumber(payload, generation.Count);
            WriteNumber(payload, generation.Bytes);
            WriteNumber(payload, generation.FreeCount);
            WriteNumber(payload, generation.FreeBytes);
        }
        Flush(frames, FrameKind.Generations, payload);
    }

    static void WriteNumber(ArrayBufferWriter<byte> payload, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(payload.GetSpan(8), value);
        payload.Advance(8);
    }

    /// <summary>Length (2 bytes) and UTF-8, cut at <see cref="WireLimits.TextBytes"/>.</summary>
    static void WriteText(ArrayBufferWriter<byte> payload, string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var length = Math.Min(utf8.Length, WireLimits.TextBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(payload.GetSpan(2), (ushort)length);
        payload.Advance(2);
        payload.Write(utf8.AsSpan(0, length));
    }

    static void FlushIfLarge(FrameWriter frames, FrameKind kind, ArrayBufferWriter<byte> payload)
    {
        if (payload.WrittenCount > WireLimits.FrameBytes - 2 * WireLimits.TextBytes)
            Flush(frames, kind, payload);
    }

    static void Flush(FrameWriter frames, FrameKind kind, ArrayBufferWriter<byte> payload)
    {
        if (payload.WrittenCount > 0)
            frames.Write(kind, payload.WrittenSpan);
        payload.ResetWrittenCount();
    }
}
