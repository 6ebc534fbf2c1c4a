namespace VmAtlas.Capture;

/// <summary>A target whose memory lies in files, so that others than itself can read it: a dump.</summary>
public interface ISavedMemory
{
    /// <summary>Where, ascending and without overlaps; null for a target that is live.</summary>
    IReadOnlyList<SavedPiece>? SavedPieces { get; }
}

/// <summary>Memory, and the file that holds its bytes.</summary>
/// <param name="Offset">Of its first byte in the file.</param>
/// <param name="Path">From the root on: whoever reads it may be in another folder.</param>
public readonly record struct SavedPiece(ulong Start, ulong Size, ulong Offset, string Path)
{
    public ulong End => unchecked(Start + Size);
}
