using System.Runtime.InteropServices;

namespace VmAtlas.Formats.Interop;

/// <summary>libzstd, spelt as zstd.h spells it. The library need not be there: a call then throws <see cref="DllNotFoundException"/>.</summary>
static unsafe partial class Zstd
{
    const string Library = "libzstd.so.1";

    /// <summary>ZSTD_inBuffer and ZSTD_outBuffer: bytes from <see cref="Position"/> on are still to be read, or written.</summary>
    public struct Span
    {
        public byte* Bytes;
        public nuint Size;
        public nuint Position;
    }

    [LibraryImport(Library)]
    public static partial nint ZSTD_createDStream();

    [LibraryImport(Library)]
    public static partial nuint ZSTD_freeDStream(nint stream);

    /// <summary>0 when a frame has ended and all of it was given; else a hint, or an error.</summary>
    [LibraryImport(Library)]
    public static partial nuint ZSTD_decompressStream(nint stream, Span* to, Span* from);

    [LibraryImport(Library)]
    public static partial uint ZSTD_isError(nuint code);
}
