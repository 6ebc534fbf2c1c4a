using System.Buffers.Binary;
using System.Text;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Wire;

/// <summary>Reads what the helper says of a process, and believes none of it that can not be: see <see cref="WireLimits"/>.</summary>
static class ReportReader
{
    /// <exception cref="InvalidDataException">What was said is malformed, out of order or too much.</exception>
    /// <exception cref="EndOfStreamException">The helper ended before it was done.</exception>
    /// <exception cref="AnnotatorUnavailableException">The helper could not, and says why.</exception>
    public static ManagedReport Read(FrameReader frames)
    {
        frames.Restart();
        bool? server = null, regions = null;
        string? version = null;
        var ranges = new List<ManagedRange>();
        var types = new List<TypeStatistics>();
        HeapStatistics? objects = null;
        while (true)
        {
            var kind = frames.Read(out var payload);
            switch (kind)
            {
                case FrameKind.Runtime:
                    server = Tristate(ref payload);
                    regions = Tristate(ref payload);
                    version = Text(ref payload) is { Length: > 0 } text ? text : null;
                    break;
                case FrameKind.Ranges:
                    ReadRanges(payload, ranges);
                    break;
                case FrameKind.Types:
                    ReadTypes(payload, types);
                    break;
                case FrameKind.Generations:
                    objects = ReadGenerations(payload, types);
                    break;
                case FrameKind.End:
                    return new ManagedReport
                    {
                        Evidence = ManagedEvidence.Debugger,
                        IsServer = server,
                        HasRegions = regions,
                        RuntimeVersion = version,
                        Ranges = ranges,
                        Objects = objects,
                    };
                case FrameKind.Failure:
                    throw new AnnotatorUnavailableException(Line(payload));
                default:
                    throw new InvalidDataException($"a frame of kind {kind} in a report");
            }
        }
    }

    /// <summary>The text of a <see cref="FrameKind.Failure"/> or <see cref="FrameKind.Ready"/> frame, as one line that is safe to show.</summary>
    public static string Line(ReadOnlySpan<byte> payload)
    {
        var text = Encoding.UTF8.GetString(payload[..Math.Min(payload.Length, WireLimits.TextBytes)]);
        return string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
    }

    static void ReadRanges(ReadOnlySpan<byte> payload, List<ManagedRange> ranges)
    {
        Require(payload.Length % ReportWriter.RangeBytes == 0, "a range is cut short");
        Require(ranges.Count + payload.Length / ReportWriter.RangeBytes <= WireLimits.Ranges, "too many ranges");
        for (; !payload.IsEmpty; payload = payload[ReportWriter.RangeBytes..])
        {
            var range = new ManagedRange(
                BinaryPrimitives.ReadUInt64LittleEndian(payload),
                BinaryPrimitives.ReadUInt64LittleEndian(payload[8..]),
                (ManagedKind)payload[16],
                (ManagedState)payload[17],
                BinaryPrimitives.ReadInt16LittleEndian(payload[18..]));
            Require(range.Start < range.End && (ranges.Count == 0 || range.Start >= ranges[^1].End), "ranges are not in order");
            Require((int)range.Kind < ManagedKinds.Count && range.State <= ManagedState.Free && range.Heap >= -1, "a range of no known kind");
            ranges.Add(range);
        }
    }

    static void ReadTypes(ReadOnlySpan<byte> payload, List<TypeStatistics> types)
    {
        while (!payload.IsEmpty)
        {
            var (count, bytes) = (Number(ref payload), Number(ref payload));
            types.Add(new TypeStatistics(Text(ref payload), count, bytes));
            Require(types.Count <= WireLimits.Types, "too many types");
        }
    }

    static HeapStatistics ReadGenerations(ReadOnlySpan<byte> payload, List<TypeStatistics> types)
    {
        var skipped = Number(ref payload);
        var generations = new List<GenerationStatistics>();
        while (!payload.IsEmpty)
        {
            var kind = (ManagedKind)payload[0];
            payload = payload[1..];
            Require(kind.HoldsObjects() && generations.TrueForAll(g => g.Kind < kind), "generations are not in order");
            generations.Add(new GenerationStatistics(kind, Number(ref payload), Number(ref payload), Number(ref payload), Number(ref payload)));
        }
        return new HeapStatistics { Types = types, Generations = generations, SkippedBytes = skipped };
    }

    static bool? Tristate(ref ReadOnlySpan<byte> payload)
    {
        Require(payload.Length >= 1 && payload[0] <= 2, "a flag that is neither yes, no nor unknown");
        bool? value = payload[0] switch { 0 => null, 1 => false, _ => true };
        payload = payload[1..];
        return value;
    }

    /// <summary>Counts and bytes: never negative, and never so large that sums of all of them overflow.</summary>
    static long Number(ref ReadOnlySpan<byte> payload)
    {
        Require(payload.Length >= 8, "a number is cut short");
        var value = BinaryPrimitives.ReadInt64LittleEndian(payload);
        Require(value is >= 0 and <= 1L << 47, "a number no heap can have");
        payload = payload[8..];
        return value;
    }

    static string Text(ref ReadOnlySpan<byte> payload)
    {
        Require(payload.Length >= 2, "a text is cut short");
        var length = BinaryPrimitives.ReadUInt16LittleEndian(payload);
        Require(length <= WireLimits.TextBytes && payload.Length >= 2 + length, "a text is too long");
        var text = Encoding.UTF8.GetString(payload.Slice(2, length));
        payload = payload[(2 + length)..];
        return text;
    }

    static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new InvalidDataException($"the helper's answer can not be used: {otherwise}");
    }
}
