using Microsoft.Win32.SafeHandles;

namespace VmAtlas.Bench;

/// <summary>Reads a file of <c>/proc</c> to nowhere: the floor under every reader of it.</summary>
sealed class BareRead(string path) : IDisposable
{
    readonly byte[] _buffer = new byte[1 << 16];
    readonly SafeFileHandle _keep = File.OpenHandle(path);

    public void Run()
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        while (file.Read(_buffer) > 0)
        {
        }
    }

    public void Dispose() => _keep.Dispose();
}
