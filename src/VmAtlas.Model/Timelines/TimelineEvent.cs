namespace VmAtlas.Model;

public enum TimelineEventKind : byte
{
    /// <summary>Another process from here on: another pid, or another start.</summary>
    Restarted,

    /// <summary>The same process runs another program from here on.</summary>
    Exec,

    /// <summary>A type grew by much since the snapshot before.</summary>
    Grew,

    /// <summary>A type shrank by much since the snapshot before.</summary>
    Shrank,
}

/// <summary>Something worth marking on a timeline.</summary>
/// <param name="Index">The first snapshot that shows it.</param>
/// <param name="Type">What grew or shrank; null for events of the whole process.</param>
/// <param name="Bytes">By how much; 0 for events of the whole process.</param>
public readonly record struct TimelineEvent(int Index, TimelineEventKind Kind, MemoryType? Type, long Bytes);
