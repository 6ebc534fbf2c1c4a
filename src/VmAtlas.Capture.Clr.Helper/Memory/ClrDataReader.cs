using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Diagnostics.Runtime;

namespace VmAtlas.Capture.Clr.Helper.Memory;

/// <summary>What ClrMD and the DAC see of the target: its memory, and one module, the runtime.</summary>
/// <remarks>No thread is stopped, so there are no registers to give. Other modules are left out on purpose: ClrMD would open their files.</remarks>
sealed class ClrDataReader(ITargetMemory memory, int pid, ulong runtimeBase, bool isWindows) : IDataReader
{
    public string DisplayName => $"process {pid}";

    public bool IsThreadSafe => false;

    public OSPlatform TargetPlatform => isWindows ? OSPlatform.Windows : OSPlatform.Linux;

    public Architecture Architecture => RuntimeInformation.ProcessArchitecture;

    public int ProcessId => pid;

    public int PointerSize => 8;

    public int Read(ulong address, Span<byte> buffer) => memory.Read(address, buffer);

    public bool Read<T>(ulong address, out T value)
        where T : unmanaged
    {
        value = default;
        return Read(address, MemoryMarshal.AsBytes(new Span<T>(ref value))) == Unsafe.SizeOf<T>();
    }

    public T Read<T>(ulong address)
        where T : unmanaged
    {
        Read(address, out T value);
        return value;
    }

    public bool ReadPointer(ulong address, out ulong value) => Read(address, out value);

    public ulong ReadPointer(ulong address) => Read<ulong>(address);

    public void FlushCachedData()
    {
    }

    public bool GetThreadContext(uint threadId, uint contextFlags, Span<byte> context) => false;

    public IEnumerable<ModuleInfo> EnumerateModules() =>
        ModuleInfo.TryCreate(this, runtimeBase, isWindows ? "coreclr.dll" : "libcoreclr.so") is { } module ? [module] : [];
}
