using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows;

/// <summary>The machine, and the limits of a process's address space on it.</summary>
static class SystemFactsReader
{
    /// <summary>What every Windows on x86-64 and arm64 has, for where the system will not say.</summary>
    const ulong UsualHighest = 0x7FFF_FFFE_FFFF, UsualGranularity = 64 << 10;

    public static (SystemFacts, AddressSpaceLayout) Read(IWindowsCalls calls)
    {
        ReadOnlySpan<byte> answer = calls.AskAll(WindowsQuestion.System, 0, 48);
        var known = !answer.IsEmpty && IsSane(answer);
        var facts = new SystemFacts
        {
            Kernel = known ? $"Windows {answer.U32(0)}.{answer.U32(4)}.{answer.U32(8)}" : "Windows",
            Host = calls.AskText(WindowsQuestion.Host),
            Architecture = known ? Architecture((ushort)answer.U32(12)) : null,
            PageSize = new ByteSize(known ? answer.U32(16) : 4096),
            PhysicalMemory = known && answer.U64(40) is > 0 and var memory ? new ByteSize(memory) : null,
        };
        var (highest, granularity) = known ? (answer.U64(32), answer.U32(20)) : (UsualHighest, UsualGranularity);
        // From 0 on, though nothing can be below the lowest address the system tells: VMMap counts that as Free, and its figures are met exactly.
        return (facts, new AddressSpaceLayout(Address.Zero, new Address(highest + 1), ByteSize.Zero, new ByteSize(granularity)));
    }

    /// <summary>Powers of two, and a space that is one: a recording may say anything.</summary>
    static bool IsSane(ReadOnlySpan<byte> answer) =>
        answer.U32(16) is >= 4096 and <= 65536 && (answer.U32(16) & (answer.U32(16) - 1)) == 0
        && answer.U32(20) is >= 4096 and <= 1 << 24 && (answer.U32(20) & (answer.U32(20) - 1)) == 0
        && answer.U64(24) < answer.U64(32) && answer.U64(32) < 1UL << 56;

    /// <summary>PROCESSOR_ARCHITECTURE_*.</summary>
    static string? Architecture(ushort number) => number switch { 9 => "x86-64", 0 => "x86", 12 => "arm64", _ => null };
}
