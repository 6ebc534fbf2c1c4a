using System.Buffers.Binary;
using VmAtlas.Capture.Linux.Interop;
using VmAtlas.Capture.Linux.Proc;

namespace VmAtlas.Capture.Linux.Facts;

/// <summary>The architecture of a program by the first bytes of its executable: class (byte 4), byte order (5) and e_machine (18), elf(5).</summary>
static class ElfMachine
{
    /// <summary>"x86-64", "x86", "arm64", …; null when the executable can not be read or is no ELF file.</summary>
    public static unsafe string? Of(ProcFolder folder)
    {
        using var exe = folder.Open("exe", out _, Libc.O_RDONLY | Libc.O_NONBLOCK);
        var header = stackalloc byte[20];
        return !exe.IsInvalid && Libc.pread(exe, header, 20, 0) == 20 ? Parse(new ReadOnlySpan<byte>(header, 20)) : null;
    }

    internal static string? Parse(ReadOnlySpan<byte> header)
    {
        if (!header.StartsWith("\x7f"u8) || !header[1..].StartsWith("ELF"u8) || header.Length < 20)
            return null;
        var is64 = header[4] == 2;
        var machine = header[5] == 2 ? BinaryPrimitives.ReadUInt16BigEndian(header[18..]) : BinaryPrimitives.ReadUInt16LittleEndian(header[18..]);
        return machine switch
        {
            3 => "x86",
            62 => is64 ? "x86-64" : "x32",
            183 => "arm64",
            40 => "arm",
            243 => is64 ? "riscv64" : "riscv32",
            20 => "ppc",
            21 => "ppc64",
            22 => is64 ? "s390x" : "s390",
            8 => is64 ? "mips64" : "mips",
            258 => "loongarch64",
            _ => $"machine {machine}",
        };
    }

    /// <summary>Whether pointers of that architecture have 32 bits.</summary>
    public static bool Is32Bit(string? architecture) => architecture is "x86" or "x32" or "arm" or "riscv32" or "ppc" or "s390" or "mips";
}
