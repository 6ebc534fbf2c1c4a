using System.Globalization;
using System.Runtime.InteropServices;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Facts;

/// <summary>The limits of a target's user address space.</summary>
/// <remarks>
/// TASK_SIZE is told by no file. On x86-64 it ends a page below 2^47; with five levels of page tables (la57) the kernel still maps below
/// that unless a program asks for more by a high address, so the larger end counts only for a target that did. A 32-bit program
/// on a 64-bit kernel has 4 GiB less 8 KiB.
/// </remarks>
static class LayoutReader
{
    const ulong End47 = 0x7ffffffff000, End56 = 0xfffffffffff000, End48 = 1UL << 48, End32 = 0xffffe000, End32Arm = 0xffff0000;
    const ulong DefaultGuardPages = 256;

    static readonly Lazy<Limits> s_limits = new(() => new Limits(
        ReadNumber("/proc/sys/vm/mmap_min_addr"), GuardPages(File.ReadAllText("/proc/cmdline")) * (ulong)Environment.SystemPageSize));

    /// <summary>What the system sets for all processes.</summary>
    sealed record Limits(ulong Lowest, ulong Guard);

    /// <param name="highest">End of the target's highest user mapping; 0 while unknown.</param>
    public static AddressSpaceLayout Of(string? architecture, ulong highest)
    {
        var isArm = RuntimeInformation.OSArchitecture == Architecture.Arm64;
        var end = ElfMachine.Is32Bit(architecture) ? isArm ? End32Arm : End32
            : isArm ? End48
            : highest > End47 ? End56 : End47;
        return new AddressSpaceLayout(new Address(s_limits.Value.Lowest), new Address(end), new ByteSize(s_limits.Value.Guard));
    }

    /// <summary>"… stack_guard_gap=512 …" of the kernel's command line, in pages.</summary>
    internal static ulong GuardPages(string commandLine)
    {
        const string Key = "stack_guard_gap=";
        var value = Array.FindLast(commandLine.Split(' ', '\n'), w => w.StartsWith(Key, StringComparison.Ordinal))?[Key.Length..];
        return ulong.TryParse(value, CultureInfo.InvariantCulture, out var pages) && pages <= 1 << 20 ? pages : DefaultGuardPages;
    }

    static ulong ReadNumber(string path) =>
        File.Exists(path) && ulong.TryParse(File.ReadAllText(path), CultureInfo.InvariantCulture, out var number) ? number : 0;
}
