using System.Runtime.InteropServices;
using VmAtlas.Model;
using VmAtlas.Tracing.Interop;

namespace VmAtlas.Tracing.Session;

/// <summary>The memory file through which agents tell what they see. Whatever is mapped of it stays so until it is disposed of.</summary>
sealed unsafe class SharedFile : IDisposable
{
    readonly List<(nint At, nuint Length)> _mappings = [];
    SessionHeader* _root;

    SharedFile(int descriptor) => Descriptor = descriptor;

    public int Descriptor { get; }

    public ref SessionHeader Root => ref *_root;

    /// <param name="inherited">The descriptor is open in programs started from here on.</param>
    /// <exception cref="VmAtlasException">The system gives no memory file.</exception>
    public static SharedFile Create(bool inherited)
    {
        const uint CloseOnExec = 1;
        var fd = Libc.memfd_create("vmatlas-trace", inherited ? 0 : CloseOnExec);
        if (fd < 0)
            throw new VmAtlasException(Failure.General, $"no memory file could be made for the trace: {Marshal.GetLastPInvokeErrorMessage()}");
        return Of(fd, isNew: true);
    }

    /// <summary>One that was made elsewhere (in the target), by a descriptor that is ours from now on.</summary>
    public static SharedFile Of(int descriptor, bool isNew)
    {
        var file = new SharedFile(descriptor);
        try
        {
            if (isNew && Libc.ftruncate(descriptor, SessionLayout.FileSize) != 0)
                throw new VmAtlasException(Failure.General, $"the trace's memory file could not be set up: {Marshal.GetLastPInvokeErrorMessage()}");
            file._root = (SessionHeader*)file.Map(0, SessionLayout.HeaderSize);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public SessionHeader* Header(int session) =>
        session == 0 ? _root : (SessionHeader*)Map(session * SessionLayout.Stride, SessionLayout.HeaderSize);

    public byte* Map(long offset, int length)
    {
        var at = Libc.mmap(null, (nuint)length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, Descriptor, offset);
        if ((nint)at == -1)
            throw new VmAtlasException(Failure.General, $"the trace's memory file could not be mapped: {Marshal.GetLastPInvokeErrorMessage()}");
        _mappings.Add(((nint)at, (nuint)length));
        return at;
    }

    public void Unmap(byte* at, int length)
    {
        _mappings.Remove(((nint)at, (nuint)length));
        _ = Libc.munmap(at, (nuint)length);
    }

    public void Dispose()
    {
        if (_root != null)
            Volatile.Write(ref _root->ViewerClosed, 1);
        foreach (var (at, length) in _mappings)
            _ = Libc.munmap((void*)at, length);
        _mappings.Clear();
        _ = Libc.close(Descriptor);
    }
}
