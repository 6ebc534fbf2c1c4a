using System.Runtime.InteropServices;

namespace VmAtlas.Symbols.Interop;

/// <summary>libzstd, spelt as zstd.h spells it. The library need not be there: a call then throws <see cref="DllNotFoundException"/>.</summary>
static unsafe partial class Zstd
{
    [LibraryImport("libzstd.so.1")]
    public static partial nuint ZSTD_decompress(byte* into, nuint capacity, byte* from, nuint compressedSize);

    [LibraryImport("libzstd.so.1")]
    public static partial uint ZSTD_isError(nuint code);
}
