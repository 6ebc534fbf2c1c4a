using System.Runtime.InteropServices;
using VmAtlas.Capture.Linux.Annotators.Stacks;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Tests.Annotators;

public sealed class ThreadControlBlockTests
{
    /// <summary>The memory around one thread's control block.</summary>
    sealed class Words(ulong start, int count) : IMemorySource
    {
        readonly ulong[] _words = new ulong[count];

        public ref ulong this[ulong address] => ref _words[(address - start) / 8];

        public int Read(Address at, Span<byte> into)
        {
            var bytes = MemoryMarshal.AsBytes(_words.AsSpan());
            if (at.Value < start || at.Value - start >= (ulong)bytes.Length)
                return 0;
            bytes = bytes[(int)(at.Value - start)..];
            var length = Math.Min(bytes.Length, into.Length);
            bytes[..length].CopyTo(into);
            return length;
        }
    }

    /// <summary>Under Wine addresses are low: a pointer between zeros looks like the size of a stack that begins at address 0.</summary>
    [Fact]
    public void A_pointer_between_zeros_is_no_stack()
    {
        const ulong Head = 0x179f9a0, Start = 0x14a0000, Size = 0x300000;
        var memory = new Words(Head - 32, 212) { [Head - 16] = 4711, [Head + 40] = Head + 0x30 };
        ThreadControlBlock.TryRead(memory, Head, 4096).ShouldBeNull();
        memory[Head + 800] = Start;
        memory[Head + 808] = Size;
        memory[Head + 816] = 4096;
        memory[Head + 824] = 4096;
        var block = ThreadControlBlock.TryRead(memory, Head, 4096).ShouldNotBeNull();
        (block.Tid, block.Stack.Start, block.Stack.Size, block.Stack.Guard).ShouldBe((4711, Start, Size, 4096UL));
    }
}
