namespace VmAtlas.Model.Heaps;

/// <summary>What a chunk of malloc's memory is.</summary>
public enum ChunkState : byte
{
    /// <summary>Handed to the program and not given back.</summary>
    InUse,

    /// <summary>In use, and mapped by itself because it is large.</summary>
    Mapped,

    /// <summary>Free, in one of the arena's bins.</summary>
    Free,

    /// <summary>Freed, in a fastbin: ready for the next request of its size, not yet merged with its neighbours.</summary>
    FastBin,

    /// <summary>Freed, in the cache of one thread (tcache). malloc itself counts it as in use.</summary>
    ThreadCache,

    /// <summary>The end of an arena, from which new chunks are cut.</summary>
    Top,
}

/// <summary>The words for <see cref="ChunkState"/> that people, files and options use.</summary>
public static class ChunkStates
{
    static readonly string[] s_names = ["used", "mapped", "free", "fastbin", "tcache", "top"];

    public const int Count = 6;

    public static string Name(this ChunkState state) => s_names[(int)state];

    /// <summary>Whether the program holds it.</summary>
    public static bool IsHeld(this ChunkState state) => state is ChunkState.InUse or ChunkState.Mapped;

    public static bool TryParse(ReadOnlySpan<char> text, out ChunkState state)
    {
        for (var i = 0; i < s_names.Length; i++)
        {
            if (text.Equals(s_names[i], StringComparison.OrdinalIgnoreCase))
            {
                state = (ChunkState)i;
                return true;
            }
        }
        state = default;
        return false;
    }
}
