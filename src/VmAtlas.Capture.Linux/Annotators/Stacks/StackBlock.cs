using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators.Stacks;

/// <summary>A thread's stack as its C library keeps it.</summary>
/// <param name="Start">Lowest address, the guard's if there is one.</param>
/// <param name="Size">Whole size, guard included.</param>
/// <param name="Guard">Bytes of guard at the low end; 0 for none.</param>
readonly record struct StackBlock(ulong Start, ulong Size, ulong Guard)
{
    public ulong End => Start + Size;

    public AddressRange Range => AddressRange.Of(Start, End);

    public AddressRange GuardRange => AddressRange.Of(Start, Start + Guard);
}
