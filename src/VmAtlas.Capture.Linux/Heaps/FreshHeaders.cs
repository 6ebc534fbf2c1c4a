using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Heaps;

/// <summary>Arena headers as they are now, to see whether the target moved its heap while it was walked.</summary>
/// <remarks>Nearly every malloc and free changes the header of an arena or a thread's cache. One that is undone in between is not seen.</remarks>
sealed class FreshHeaders(IMemorySource memory)
{
    readonly ulong[] _words = new ulong[ArenaHeader.Words];

    public bool TryReadTop(GlibcArena arena, out ulong top)
    {
        top = 0;
        return memory.Read(new Address(arena.TopField), MemoryMarshal.AsBytes(new Span<ulong>(ref top))) == sizeof(ulong);
    }

    /// <summary>The heads of an arena's fastbins; zeros in the releases that have none.</summary>
    public ulong[] ReadFastBins(GlibcArena arena)
    {
        var heads = new ulong[ArenaHeader.FastBins];
        if (arena.HasFastBins)
            memory.Read(new Address(arena.TopField - 8 * ArenaHeader.FastBins), MemoryMarshal.AsBytes(heads.AsSpan()));
        return heads;
    }

    public bool IsUnchanged(GlibcArena arena)
    {
        var bytes = MemoryMarshal.AsBytes(_words.AsSpan());
        return memory.Read(new Address(arena.TopField), bytes) == bytes.Length && _words.AsSpan().SequenceEqual(arena.Header);
    }
}
