using System.Buffers.Binary;
using VmAtlas.Capture.Pe;

namespace VmAtlas.Capture.Clr.Detection;

/// <summary>Which build of the .NET runtime a module is, by its own word. It chooses among libraries that are trusted anyway.</summary>
/// <param name="RuntimeBuildId">Build id of the module, hexadecimal; of a PE module its time stamp and size, as symbol servers have it.</param>
/// <param name="DacBuildId">Build id of the debugger library it asks for; only a runtime linked into a program names it.</param>
sealed record RuntimeIdentity(string? RuntimeBuildId, string? DacBuildId)
{
    /// <summary>The export by which a runtime linked into a program (single-file) is known.</summary>
    public const string Export = "DotNetRuntimeInfo";

    /// <summary>The module is of Windows.</summary>
    public bool IsWindows { get; init; }

    /// <summary>What the module at an address says of itself; null when it is no ELF or PE module.</summary>
    public static RuntimeIdentity? Read(MemoryReader read, ulong imageBase) =>
        ElfModule.TryOpen(read, imageBase) is { } module ? new RuntimeIdentity(module.ReadBuildId(), ReadInfo(read, module.FindExport(Export)) is { } elf ? Elf(elf) : null)
        : ReadPeBuildId(read, imageBase) is { } id
            ? new RuntimeIdentity(id, ReadInfo(read, PeModule.FindExport(read, imageBase, Export)) is { } pe ? Pe(pe) : null) { IsWindows = true }
        : null;

    /// <summary>The build of a PE module by its headers; null when it is none.</summary>
    public static string? ReadPeBuildId(MemoryReader read, ulong imageBase)
    {
        var header = new byte[PeReader.MaxHeader];
        return PeReader.TryRead(header.AsSpan(0, read(imageBase, header))) is { } image ? $"{image.TimeStamp:X8}{image.Size:x}" : null;
    }

    /// <summary>The index of the DAC in struct RuntimeInfo of coreclr's <c>debug/runtimeinfo/runtimeinfo.h</c>: signature, version, then for the runtime, the DAC and
    /// the debugger interface 24 bytes each: length and index.</summary>
    static byte[]? ReadInfo(MemoryReader read, ulong? address)
    {
        const int signatureBytes = 18, version = 20, dac = 48;
        Span<byte> info = stackalloc byte[72];
        if (address is not { } start || read(start, info) != info.Length
            || !info[..signatureBytes].SequenceEqual("DotNetRuntimeInfo\0"u8)
            || BinaryPrimitives.ReadInt32LittleEndian(info[version..]) < 1
            || info[dac] is 0 or > 23)
            return null;
        return info.Slice(dac + 1, info[dac]).ToArray();
    }

    /// <summary>On Linux the index is the build id.</summary>
    static string Elf(byte[] index) => Convert.ToHexStringLower(index);

    /// <summary>On Windows it is the time stamp and the size of the image.</summary>
    static string? Pe(ReadOnlySpan<byte> index) => index.Length != 8 ? null
        : $"{BinaryPrimitives.ReadUInt32LittleEndian(index):X8}{BinaryPrimitives.ReadUInt32LittleEndian(index[4..]):x}";
}
