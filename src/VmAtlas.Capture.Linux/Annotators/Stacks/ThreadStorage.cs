using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators.Stacks;

/// <summary>A thread's control block, and the static thread-local storage that lies below it.</summary>
/// <remarks>
/// glibc on x86-64 (<c>tcbhead_t</c> of nptl/tls.h): the block begins with its own address, then that of the dynamic thread vector (dtv), then its own address again.
/// The vector has a pair of words for each module with thread-local variables; where such a module's lie in the static storage, its first word leads there.
/// The lowest tells where the storage begins, less what alignment leaves below. On other architectures the storage lies elsewhere and nothing is found.
/// </remarks>
/// <param name="ControlBlock">Address of <c>struct pthread</c>.</param>
/// <param name="Start">The lowest thread-local variable; the control block's own address when there is none.</param>
readonly record struct ThreadStorage(ulong ControlBlock, ulong Start)
{
    /// <summary>The robust list's head lies this far into <c>struct pthread</c> at most; it has been about 740 in all versions.</summary>
    const int FarthestHead = 2048;

    /// <summary>Modules looked at, and the most thread-local storage believed.</summary>
    const int MostModules = 1024;
    const ulong MostBytes = 16 << 20;

    /// <param name="head">Address of the robust list's head (get_robust_list(2)).</param>
    /// <returns>Null where no block of this shape is.</returns>
    public static ThreadStorage? Find(IMemorySource memory, ulong head)
    {
        if (head % 8 != 0 || head < 2 * FarthestHead || FindBlock(memory, head) is not { } block)
            return null;
        Span<ulong> vector = stackalloc ulong[1], count = stackalloc ulong[1];
        if (!TryRead(memory, block + 8, vector) || vector[0] < 4096 || vector[0] % 8 != 0 || !TryRead(memory, vector[0] - 16, count))
            return new ThreadStorage(block, block);
        // dtv[-1] holds how many there is room for, dtv[0] a number of generations.
        var modules = new ulong[2 * (int)Math.Min(count[0], MostModules)];
        var lowest = block;
        var got = memory.Read(new Address(vector[0] + 16), MemoryMarshal.AsBytes(modules.AsSpan())) / sizeof(ulong);
        for (var i = 0; i + 1 < got; i += 2)
        {
            if (modules[i] < lowest && block - modules[i] <= MostBytes)
                lowest = modules[i];
        }
        return new ThreadStorage(block, lowest);
    }

    static ulong? FindBlock(IMemorySource memory, ulong head)
    {
        Span<ulong> words = stackalloc ulong[FarthestHead / 8];
        // The page below may be somebody else's, or absent.
        var border = head & ~4095UL;
        foreach (var start in (ReadOnlySpan<ulong>)[Math.Max(border, head - FarthestHead), head - FarthestHead])
        {
            var wanted = words[..(int)((head - start) / 8)];
            if (!TryRead(memory, start, wanted))
                continue;
            for (var i = wanted.Length - 3; i >= 0; i--)
            {
                if (wanted[i] == start + 8 * (ulong)i && wanted[i + 2] == wanted[i])
                    return wanted[i];
            }
        }
        return null;
    }

    static bool TryRead(IMemorySource memory, ulong address, Span<ulong> words) =>
        memory.Read(new Address(address), MemoryMarshal.AsBytes(words)) == words.Length * sizeof(ulong);
}
