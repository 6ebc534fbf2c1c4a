using VmAtlas.Capture.Windows.Calls;

namespace VmAtlas.Capture.Windows;

/// <summary>What a thread's environment block says of its stack.</summary>
/// <param name="Allocation">Where it was allocated: its lowest address.</param>
/// <param name="Limit">The lowest page in use.</param>
/// <param name="Base">The address behind it.</param>
readonly record struct StackBounds(ulong Allocation, ulong Limit, ulong Base);

/// <summary>Threads.</summary>
public sealed partial class WindowsTarget
{
    internal bool TryReadStack(ulong teb, PebLayout layout, out StackBounds bounds)
    {
        bounds = default;
        if (!this.TryReadWord(teb, layout.StackBase, layout.IsWide, out var end) || !this.TryReadWord(teb, layout.StackLimit, layout.IsWide, out var limit)
            || !this.TryReadWord(teb, layout.DeallocationStack, layout.IsWide, out var allocation))
            return false;
        bounds = new StackBounds(allocation, limit, end);
        return allocation != 0 && allocation < end && limit >= allocation && limit <= end;
    }
}
