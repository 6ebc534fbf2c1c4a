using System.Buffers.Binary;
using System.IO.Compression;
using VmAtlas.Symbols.Bytes;
using VmAtlas.Symbols.Interop;

namespace VmAtlas.Symbols.Elf;

/// <summary>The bytes of a section as they were before they were compressed: Elf32_Chdr and Elf64_Chdr of the gABI, and GNU's older <c>.zdebug_</c>.</summary>
static class SectionContents
{
    /// <summary>Bytes that a compressed section may grow to.</summary>
    const ulong MaxSize = 1 << 30;

    /// <summary>deflate makes nothing smaller than 1/1032 of what it was; a section that promises more lies.</summary>
    const ulong MaxDeflate = 1032;

    const uint Zlib = 1, ZstdKind = 2;

    public static SectionData Read(IFileBytes file, ElfLayout layout, ElfSection section)
    {
        var raw = new SectionData(file, section.Offset, section.Size);
        if (section.IsCompressed)
            return new SectionData(Decompress(layout, raw.All));
        if (section.Name.StartsWith(".zdebug_", StringComparison.Ordinal) && raw.All.StartsWith("ZLIB"u8) && raw.Length > 12)
            return new SectionData(Inflate(raw.All[12..], BinaryPrimitives.ReadUInt64BigEndian(raw.All[4..])));
        return raw;
    }

    static byte[] Decompress(ElfLayout layout, ReadOnlySpan<byte> bytes)
    {
        var header = layout.Is64 ? 24 : 12;
        if (bytes.Length < header)
            SymbolFormatException.Throw("has a damaged compressed section");
        var size = layout.Word(bytes, 4, 8);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes) switch
        {
            Zlib => Inflate(bytes[header..], size),
            ZstdKind => DecompressZstd(bytes[header..], size),
            var kind => throw new SymbolFormatException($"has a section compressed in an unknown way ({kind})"),
        };
    }

    static unsafe byte[] Inflate(ReadOnlySpan<byte> bytes, ulong size)
    {
        var into = Room(size, (ulong)bytes.Length * MaxDeflate);
        fixed (byte* from = bytes)
        {
            using var source = new UnmanagedMemoryStream(from, bytes.Length);
            using var zlib = new ZLibStream(source, CompressionMode.Decompress);
            try
            {
                zlib.ReadExactly(into);
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
                SymbolFormatException.Throw("has a compressed section that can not be decompressed");
            }
        }
        return into;
    }

    static unsafe byte[] DecompressZstd(ReadOnlySpan<byte> bytes, ulong size)
    {
        var into = Room(size, MaxSize);
        try
        {
            fixed (byte* to = into, from = bytes)
            {
                var got = Zstd.ZSTD_decompress(to, (nuint)into.Length, from, (nuint)bytes.Length);
                if (Zstd.ZSTD_isError(got) != 0 || got != (nuint)into.Length)
                    SymbolFormatException.Throw("has a compressed section that can not be decompressed");
            }
        }
        catch (DllNotFoundException)
        {
            SymbolFormatException.Throw("has sections compressed with zstd; install libzstd (Debian: libzstd1) to read them");
        }
        return into;
    }

    static byte[] Room(ulong size, ulong possible)
    {
        if (size > MaxSize || size > possible)
            SymbolFormatException.Throw("has a compressed section that promises more bytes than it can have");
        return GC.AllocateUninitializedArray<byte>((int)size);
    }
}
