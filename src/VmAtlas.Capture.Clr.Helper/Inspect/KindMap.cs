using Microsoft.Diagnostics.Runtime;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Helper.Inspect;

/// <summary>ClrMD's words in ours.</summary>
static class KindMap
{
    /// <summary>A segment of one generation. An ephemeral one holds several and is cut by its generation ranges.</summary>
    public static ManagedKind Of(GCSegmentKind kind) => kind switch
    {
        GCSegmentKind.Generation0 => ManagedKind.Generation0,
        GCSegmentKind.Generation1 => ManagedKind.Generation1,
        GCSegmentKind.Generation2 => ManagedKind.Generation2,
        GCSegmentKind.Large => ManagedKind.Large,
        GCSegmentKind.Pinned => ManagedKind.Pinned,
        GCSegmentKind.Frozen => ManagedKind.Frozen,
        _ => ManagedKind.Other,
    };

    public static ManagedKind Of(NativeHeapKind kind) => kind switch
    {
        NativeHeapKind.HighFrequencyHeap => ManagedKind.HighFrequency,
        NativeHeapKind.LowFrequencyHeap => ManagedKind.LowFrequency,
        NativeHeapKind.LoaderCodeHeap or NativeHeapKind.HostCodeHeap => ManagedKind.JitCode,
        NativeHeapKind.StubHeap or NativeHeapKind.FixupPrecodeHeap or NativeHeapKind.NewStubPrecodeHeap or NativeHeapKind.ThunkHeap
            or NativeHeapKind.ExecutableHeap or NativeHeapKind.LookupHeap or NativeHeapKind.ResolveHeap
            or NativeHeapKind.DispatchHeap => ManagedKind.Stubs,
        NativeHeapKind.IndirectionCellHeap or NativeHeapKind.CacheEntryHeap or NativeHeapKind.VtableHeap => ManagedKind.StubData,
        NativeHeapKind.HandleTable => ManagedKind.HandleTable,
        NativeHeapKind.GCBookkeeping => ManagedKind.Bookkeeping,
        NativeHeapKind.GCFreeRegion or NativeHeapKind.GCFreeGlobalHugeRegion or NativeHeapKind.GCFreeGlobalRegion
            or NativeHeapKind.GCFreeSohSegment or NativeHeapKind.GCFreeUohSegment => ManagedKind.FreeRegions,
        _ => ManagedKind.Other,
    };
}
