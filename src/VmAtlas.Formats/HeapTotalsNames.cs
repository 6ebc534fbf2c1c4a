using VmAtlas.Model.Heaps;

namespace VmAtlas.Formats;

/// <summary>mallinfo2's own names for its figures, in its own order.</summary>
static class HeapTotalsNames
{
    public static IEnumerable<(string Name, ulong Value)> Of(HeapTotals totals) =>
    [
        ("arena", totals.Arena), ("ordblks", totals.OrdBlks), ("smblks", totals.SmBlks), ("hblks", totals.HBlks), ("hblkhd", totals.HBlkHd),
        ("fsmblks", totals.FsmBlks), ("uordblks", totals.UordBlks), ("fordblks", totals.FordBlks), ("keepcost", totals.KeepCost),
    ];

    public static HeapTotals From(Func<string, ulong> value) => new(
        value("arena"), value("ordblks"), value("smblks"), value("hblks"), value("hblkhd"), value("fsmblks"), value("uordblks"), value("fordblks"),
        value("keepcost"));
}
