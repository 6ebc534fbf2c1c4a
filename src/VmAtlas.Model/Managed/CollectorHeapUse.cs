using System.Globalization;

namespace VmAtlas.Model.Managed;

/// <summary>What one generation of one of the collector's heaps takes, bytes, not rounded to pages. Server GC has a heap a core.</summary>
public readonly record struct CollectorHeapUse(int Heap, ManagedKind Kind, ulong Used, ulong Committed, ulong Reserved)
{
    /// <summary>Facts of the GC heap's region with these figures begin with it: "clr-heap-0".</summary>
    public const string Fact = "clr-heap-";

    const int MostHeaps = 1024;

    /// <summary>A row for each heap and generation of a report that tells heaps apart.</summary>
    public static IReadOnlyList<CollectorHeapUse> Of(ManagedReport report) =>
    [
        .. report.Ranges.Where(r => r.Heap is >= 0 and < MostHeaps && r.Kind.HoldsObjects())
            .GroupBy(r => (r.Heap, r.Kind), (key, ranges) => Sum(key.Heap, key.Kind, ranges))
            .OrderBy(u => u.Heap).ThenBy(u => u.Kind),
    ];

    /// <summary>"gen0 2220032 475136 5693440, loh …": bytes used, committed and not used, only reserved.</summary>
    public static string Text(IEnumerable<CollectorHeapUse> heap) =>
        string.Join(", ", heap.Select(u => string.Create(CultureInfo.InvariantCulture, $"{u.Kind.JsonName()} {u.Used} {u.Committed} {u.Reserved}")));

    /// <summary>Reads what <see cref="Text"/> wrote; what can not be read is left out, since a file may say anything.</summary>
    public static IEnumerable<CollectorHeapUse> Parse(string key, string text)
    {
        if (!key.StartsWith(Fact, StringComparison.Ordinal) || !int.TryParse(key.AsSpan(Fact.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var heap))
            yield break;
        foreach (var part in text.Split(", "))
        {
            if (part.Split(' ') is [var kind, var used, var committed, var reserved] && ManagedKinds.ParseJson(kind) is { } known
                && TryBytes(used, out var u) && TryBytes(committed, out var c) && TryBytes(reserved, out var r))
                yield return new CollectorHeapUse(heap, known, u, c, r);
        }
    }

    static bool TryBytes(string text, out ulong bytes) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out bytes) && bytes < 1UL << 56;

    static CollectorHeapUse Sum(int heap, ManagedKind kind, IEnumerable<ManagedRange> ranges)
    {
        var use = new CollectorHeapUse(heap, kind, 0, 0, 0);
        foreach (var range in ranges)
        {
            use = range.State switch
            {
                ManagedState.Used => use with { Used = use.Used + range.Size },
                ManagedState.Committed => use with { Committed = use.Committed + range.Size },
                _ => use with { Reserved = use.Reserved + range.Size },
            };
        }
        return use;
    }
}
