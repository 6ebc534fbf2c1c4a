using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Dumps;

/// <summary>Memory that a minidump has.</summary>
/// <param name="Offset">Where its bytes lie in the file.</param>
readonly record struct DumpedMemory(ulong Start, ulong Size, ulong Offset);

/// <summary>The streams of a minidump (minidumpapiset.h), each bounded by the file.</summary>
sealed class MinidumpFile : IDisposable
{
    public const uint ThreadList = 3, ModuleList = 4, MemoryList = 5, SystemInfo = 7, Memory64List = 9, MiscInfo = 15, MemoryInfoList = 16;

    const int HeaderBytes = 32, EntryBytes = 12, MostStreams = 4096, MostStreamBytes = 512 << 20;

    readonly SafeFileHandle _file;
    readonly Dictionary<uint, (uint Offset, uint Size)> _streams = [];

    MinidumpFile(SafeFileHandle file, string path) => (_file, Path, Length) = (file, path, RandomAccess.GetLength(file));

    public string Path { get; }

    public long Length { get; }

    /// <summary>When it was written, by the file's header; null where that says nothing.</summary>
    public DateTimeOffset? WrittenAt { get; private set; }

    public static bool IsMinidump(ReadOnlySpan<byte> start) => start.StartsWith("MDMP"u8);

    /// <exception cref="VmAtlasException"><see cref="Failure.BadFile"/></exception>
    public static MinidumpFile Open(string path)
    {
        var file = File.OpenHandle(path);
        try
        {
            var dump = new MinidumpFile(file, path);
            dump.ReadDirectory();
            return dump;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>A whole stream; empty when it is not there or does not lie within the file.</summary>
    public byte[] Stream(uint kind)
    {
        if (!_streams.TryGetValue(kind, out var place) || place.Size > MostStreamBytes || place.Offset > Length || place.Size > Length - place.Offset)
            return [];
        var bytes = new byte[place.Size];
        return bytes[..RandomAccess.Read(_file, bytes, place.Offset)];
    }

    public int ReadAt(ulong offset, Span<byte> into) => offset >= (ulong)Length ? 0 : RandomAccess.Read(_file, into, (long)offset);

    /// <summary>MINIDUMP_STRING: its length in bytes, then UTF-16; null where there is none.</summary>
    public string? ReadString(uint offset)
    {
        const int Longest = 64 << 10;
        Span<byte> head = stackalloc byte[4];
        if (offset == 0 || ReadAt(offset, head) < 4)
            return null;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(head) & ~1u;
        if (length is 0 or > Longest)
            return null;
        var text = new byte[length];
        return ReadAt(offset + 4UL, text) == text.Length ? new string(MemoryMarshal.Cast<byte, char>(text)) : null;
    }

    public void Dispose() => _file.Dispose();

    void ReadDirectory()
    {
        var header = new byte[HeaderBytes];
        if (ReadAt(0, header) < HeaderBytes || !IsMinidump(header))
            throw Bad("it does not begin as one");
        var (count, offset) = (BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8)), BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12)));
        if (count > MostStreams || offset + (long)count * EntryBytes > Length)
            throw Bad("its list of streams does not lie within it");
        if (BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(20)) is > 0 and var seconds)
            WrittenAt = DateTimeOffset.FromUnixTimeSeconds(seconds);
        var directory = new byte[count * EntryBytes];
        _ = ReadAt(offset, directory);
        for (var at = 0; at < directory.Length; at += EntryBytes)
        {
            var entry = directory.AsSpan(at);
            _streams.TryAdd(BinaryPrimitives.ReadUInt32LittleEndian(entry),
                (BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]), BinaryPrimitives.ReadUInt32LittleEndian(entry[4..])));
        }
    }

    public VmAtlasException Bad(string why) => new(Failure.BadFile, $"{Path} is no minidump that can be read: {why}");
}
