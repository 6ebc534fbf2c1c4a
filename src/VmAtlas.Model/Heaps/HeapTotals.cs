namespace VmAtlas.Model.Heaps;

/// <summary>The figures of glibc's <c>mallinfo2(3)</c>, under its own names and by its own rules, so that they can be compared with what
/// the program would print of itself.</summary>
/// <param name="Arena">Bytes of all arenas, mmapped chunks not counted.</param>
/// <param name="OrdBlks">Free chunks in the bins, one top for each arena counted among them.</param>
/// <param name="SmBlks">Free chunks in the fastbins.</param>
/// <param name="HBlks">Chunks mapped one by one.</param>
/// <param name="HBlkHd">Bytes of these.</param>
/// <param name="FsmBlks">Bytes in the fastbins.</param>
/// <param name="UordBlks">Arena − FordBlks: in use as malloc sees it, that is with what the tcaches hold.</param>
/// <param name="FordBlks">Free bytes: bins, fastbins and tops.</param>
/// <param name="KeepCost">Size of the main arena's top chunk.</param>
public readonly record struct HeapTotals(
    ulong Arena, ulong OrdBlks, ulong SmBlks, ulong HBlks, ulong HBlkHd, ulong FsmBlks, ulong UordBlks, ulong FordBlks, ulong KeepCost);
