using Microsoft.Diagnostics.Runtime;
using VmAtlas.Capture.Clr.Helper.Memory;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Helper.Inspect;

/// <summary>Asks ClrMD where everything is, again and again if wanted. The target runs on meanwhile.</summary>
sealed class RuntimeInspector : IDisposable
{
    /// <summary>Reads of the segment list before giving up: one in some hundred is torn while the target collects.</summary>
    const int Attempts = 4;

    readonly ITargetMemory _memory;
    readonly DataTarget _target;
    readonly ClrRuntime _runtime;

    /// <exception cref="InvalidDataException">There is no .NET runtime in that module, or the DAC is not its.</exception>
    public RuntimeInspector(ClrDataReader reader, ITargetMemory memory, string dac)
    {
        _memory = memory;
        _target = new DataTarget(reader, new DataTargetOptions
        {
            FileLocator = new NoFiles(),
            ForceCompleteRuntimeEnumeration = true, // a runtime linked into the program itself is found by its export only
        });
        if (_target.ClrVersions is not [var version, ..])
            throw new InvalidDataException("no .NET runtime was found in its module");
        // It would compare version texts found by searching the target's memory; the DAC was chosen by build id, which is stronger.
        _runtime = version.CreateRuntime(dac, ignoreMismatch: true);
    }

    public ManagedReport Inspect(bool withObjects)
    {
        for (var attempt = 1; ; attempt++)
        {
            _memory.Refresh();
            _runtime.FlushCachedData();
            var ranges = SegmentRanges.Of(_runtime.Heap, out var torn);
            if (torn && attempt < Attempts)
                continue;
            foreach (var heap in _runtime.EnumerateClrNativeHeaps())
            {
                if (heap.MemoryRange.Start < heap.MemoryRange.End)
                    ranges.Add(new ManagedRange(heap.MemoryRange.Start, heap.MemoryRange.End, KindMap.Of(heap.Kind), StateOf(heap.Kind), (short)heap.GCHeap));
            }
            var report = new ManagedReport
            {
                Evidence = ManagedEvidence.Debugger,
                IsServer = _runtime.Heap.IsServer,
                HasRegions = _runtime.Heap.SubHeaps is [var heap0, ..] ? heap0.HasRegions : null,
                Ranges = RangeOrder.Of(ranges),
            };
            return withObjects ? report with { Objects = new HeapWalk(_runtime.Heap, _memory, report).Walk() } : report;
        }
    }

    public void Dispose()
    {
        _runtime.Dispose();
        _target.Dispose();
    }

    static ManagedState StateOf(NativeHeapKind kind) =>
        KindMap.Of(kind) == ManagedKind.FreeRegions ? ManagedState.Free : ManagedState.Used;
}
