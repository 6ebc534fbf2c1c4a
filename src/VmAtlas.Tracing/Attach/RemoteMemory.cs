using Microsoft.Win32.SafeHandles;

namespace VmAtlas.Tracing.Attach;

/// <summary>A target's memory through <c>/proc/PID/mem</c>.</summary>
sealed class RemoteMemory(int pid) : IDisposable
{
    readonly SafeFileHandle _file = File.OpenHandle($"/proc/{pid}/mem", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

    /// <summary>What is there; shorter where the rest can not be read.</summary>
    public byte[] Read(ulong address, int length)
    {
        var bytes = new byte[length];
        var filled = 0;
        try
        {
            for (int n; filled < length && (n = RandomAccess.Read(_file, bytes.AsSpan(filled), (long)address + filled)) > 0;)
                filled += n;
        }
        catch (IOException)
        {
            // not mapped: EIO
        }
        return filled == length ? bytes : bytes[..filled];
    }

    public void Write(ulong address, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_file, bytes, (long)address);

    public void Dispose() => _file.Dispose();
}
