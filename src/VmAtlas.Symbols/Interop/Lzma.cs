using System.Runtime.InteropServices;

namespace VmAtlas.Symbols.Interop;

/// <summary>liblzma, spelt as lzma/container.h spells it. The library need not be there: a call then throws <see cref="DllNotFoundException"/>.</summary>
static unsafe partial class Lzma
{
    public const int LZMA_OK = 0;
    public const int LZMA_BUF_ERROR = 10;

    [LibraryImport("liblzma.so.5")]
    public static partial int lzma_stream_buffer_decode(
        ulong* memlimit, uint flags, void* allocator, byte* from, nuint* fromPos, nuint fromSize, byte* into, nuint* intoPos, nuint intoSize);
}
