using System.Runtime.InteropServices;
using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Tests.Heaps;

/// <summary>Chunks that malloc maps by themselves, and what it keeps of their number.</summary>
public sealed class MappedChunkTests
{
    const ulong Heap = 0x7fc000, Ints = 1UL << 32;

    /// <summary>The words up to sbrk_base: as 2.31 has them, and as they were read of 2.42, which has had one int more since 2.35.</summary>
    [Theory]
    [InlineData(new ulong[] { 0x20000, 932 + 0x10000 * Ints, 989 + 1 * Ints, 0x1ced4000, 0x1e8d9000, Heap })]
    [InlineData(new ulong[] { 932 * Ints, 0x10000 + 989 * Ints, 1, 0x1ced4000, 0x1e8d9000, Heap })]
    public void Mallocs_own_count_is_found_in_every_layout(ulong[] words) =>
        MallocParameters.Find([7, 7, .. words, 7], Heap, Heap + 0x21000).ShouldBe(new MallocParameters(932, 0x1ced4000, Heap));

    /// <summary>What the kernel makes of chunks that were mapped right in front of an arena.</summary>
    [Fact]
    public void Chunks_in_one_mapping_with_an_arena_behind_them_are_found()
    {
        const ulong at = 0x7f0000000000, arena = at + 0x30000;
        var memory = new Words(at, new ulong[0x40000 / 8]);
        memory[at + 8] = 0x10000 | 2;
        memory[at + 0x10008] = 0x20000 | 2;
        memory[arena + 8] = 0x10000 | 2; // looks like one, and is the arena's
        var mappings = new BlockTable();
        mappings.SetProtection(mappings.Add(at, at + 0x40000), Protection.Read | Protection.Write);
        MappedChunks.Find(mappings, new StringTable(), memory, null, new Dictionary<int, ulong> { [0] = arena })
            .Select(c => (c.Address, c.Size)).ShouldBe([(at, 0x10000UL), (at + 0x10000, 0x20000UL)]);
    }

    sealed class Words(ulong start, ulong[] words) : IMemorySource
    {
        public ref ulong this[ulong address] => ref words[(address - start) / 8];

        public int Read(Address from, Span<byte> into)
        {
            var bytes = MemoryMarshal.AsBytes(words.AsSpan())[(int)(from.Value - start)..];
            bytes = bytes[..Math.Min(bytes.Length, into.Length)];
            bytes.CopyTo(into);
            return bytes.Length;
        }
    }
}
