using VmAtlas.Symbols.Bytes;
using VmAtlas.Symbols.Interop;

namespace VmAtlas.Symbols.Elf;

/// <summary><c>.gnu_debugdata</c>: an ELF object with the symbols of functions that .dynsym has not, compressed with xz. Fedora puts it into stripped files.</summary>
static class MiniDebugInfo
{
    const int MaxSize = 128 << 20;
    const ulong MaxMemory = 256 << 20;

    /// <summary>The object inside; null when there is none.</summary>
    public static ElfFile? TryRead(ElfFile elf) => elf.Find(".gnu_debugdata") is { } section
        ? ElfFile.TryRead(new MemoryBytes(Decompress(elf.Contents(section).All)), out _)
        : null;

    static byte[] Decompress(ReadOnlySpan<byte> bytes)
    {
        // The size before compression stands at the end of each block; trying twice the room is simpler, and as bounded.
        for (var size = Math.Max(1 << 20, Math.Min(bytes.Length, MaxSize / 8) * 8); size <= MaxSize; size *= 2)
        {
            var into = GC.AllocateUninitializedArray<byte>(size);
            if (TryDecompress(bytes, into, out var length))
                return into[..length];
        }
        throw new SymbolFormatException("has a .gnu_debugdata that is too large");
    }

    static unsafe bool TryDecompress(ReadOnlySpan<byte> bytes, byte[] into, out int length)
    {
        var (memory, fromPos, intoPos, code) = (MaxMemory, (nuint)0, (nuint)0, 0);
        try
        {
            fixed (byte* from = bytes, to = into)
                code = Lzma.lzma_stream_buffer_decode(&memory, 0, null, from, &fromPos, (nuint)bytes.Length, to, &intoPos, (nuint)into.Length);
        }
        catch (DllNotFoundException)
        {
            SymbolFormatException.Throw("has symbols compressed with xz; install liblzma (Debian: liblzma5) to read them");
        }
        if (code is not (Lzma.LZMA_OK or Lzma.LZMA_BUF_ERROR))
            SymbolFormatException.Throw("has a .gnu_debugdata that can not be decompressed");
        length = (int)intoPos;
        return code == Lzma.LZMA_OK;
    }
}
