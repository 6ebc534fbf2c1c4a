namespace VmAtlas.Model.Managed;

/// <summary>How the objects of one type changed between two moments.</summary>
public readonly record struct ObjectChange(string Name, long CountBefore, long CountAfter, long BytesBefore, long BytesAfter)
{
    public long Count => CountAfter - CountBefore;

    public long Bytes => BytesAfter - BytesBefore;
}

/// <summary>Object statistics of two moments, or of two processes, compared by the types' names.</summary>
public static class ObjectDiff
{
    /// <summary>The types whose count or bytes differ, the largest change of bytes first, then by name.</summary>
    public static IReadOnlyList<ObjectChange> Between(HeapStatistics before, HeapStatistics after)
    {
        var changes = new Dictionary<string, ObjectChange>(StringComparer.Ordinal);
        foreach (var type in before.Types)
            changes[type.Name] = new ObjectChange(type.Name, type.Count, 0, type.Bytes, 0);
        foreach (var type in after.Types)
        {
            var was = changes.GetValueOrDefault(type.Name);
            changes[type.Name] = was with { Name = type.Name, CountAfter = type.Count, BytesAfter = type.Bytes };
        }
        return
        [
            .. changes.Values
                .Where(c => c.Count != 0 || c.Bytes != 0)
                .OrderByDescending(c => Math.Abs(c.Bytes))
                .ThenBy(c => c.Name, StringComparer.Ordinal),
        ];
    }
}
