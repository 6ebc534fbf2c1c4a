namespace VmAtlas.Capture.Clr.Helper.Memory;

/// <summary>The memory of what is inspected: opened with the helper's rights, read without them.</summary>
interface ITargetMemory : IDisposable
{
    /// <summary>Copies bytes and returns how many, up to the first that can not be read.</summary>
    int Read(ulong address, Span<byte> into);

    /// <summary>Forgets what was read of a process that goes on.</summary>
    void Refresh();
}
