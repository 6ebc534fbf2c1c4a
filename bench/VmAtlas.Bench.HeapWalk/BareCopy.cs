using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Bench.HeapWalk;

/// <summary>Copies <c>[heap]</c> out of a process and looks at nothing: the least that reading it can cost.</summary>
static unsafe partial class BareCopy
{
    const int Block = 1 << 20;

    struct Iovec
    {
        public nuint Base, Length;
    }

    [LibraryImport("libc")]
    private static partial nint process_vm_readv(int pid, Iovec* local, nuint locals, Iovec* remote, nuint remotes, nuint flags);

    static readonly byte[] s_buffer = GC.AllocateUninitializedArray<byte>(Block, pinned: true);

    public static ulong Heap(int pid, BlockTable mappings, StringTable strings)
    {
        var done = 0UL;
        for (var row = 0; row < mappings.Count; row++)
        {
            if (!strings.Utf8(mappings.Names[row]).SequenceEqual("[heap]"u8))
                continue;
            for (var at = mappings.Starts[row]; at < mappings.Ends[row]; at += Block)
                done += Copy(pid, at, Math.Min(Block, mappings.Ends[row] - at));
        }
        return done;
    }

    static ulong Copy(int pid, ulong from, ulong length)
    {
        fixed (byte* into = s_buffer)
        {
            var local = new Iovec { Base = (nuint)into, Length = (nuint)length };
            var remote = new Iovec { Base = (nuint)from, Length = (nuint)length };
            return (ulong)Math.Max(0, process_vm_readv(pid, &local, 1, &remote, 1, 0));
        }
    }
}
