using VmAtlas.Model;
using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Capture.Linux.Memory;

/// <summary>The first mapping of an object, as the target has it in memory, in place of its file.</summary>
sealed class ImageBytes(IMemorySource memory, AddressRange mapping) : IFileBytes
{
    public long Length => (long)Math.Min(mapping.Size.Bytes, long.MaxValue);

    public int Read(long offset, Span<byte> into) =>
        offset < 0 || offset >= Length ? 0 : memory.Read(mapping.Start + new ByteSize((ulong)offset), into);

    public void Dispose()
    {
    }
}
