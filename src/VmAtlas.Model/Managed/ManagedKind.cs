namespace VmAtlas.Model.Managed;

/// <summary>What a range of a .NET process's memory is for: a generation of the collector, or one of the runtime's own heaps.</summary>
public enum ManagedKind : byte
{
    /// <summary>Objects not yet collected once.</summary>
    Generation0,
    Generation1,

    /// <summary>Objects that outlived two collections.</summary>
    Generation2,

    /// <summary>Large object heap: objects of 85,000 bytes and more.</summary>
    Large,

    /// <summary>Pinned object heap: arrays made with <c>GC.AllocateArray(pinned: true)</c>.</summary>
    Pinned,

    /// <summary>Objects that are never collected: string literals, type objects.</summary>
    Frozen,

    /// <summary>Regions or segments the collector keeps for reuse.</summary>
    FreeRegions,

    /// <summary>Card table, brick table, mark array, region map: sized by what is reserved, not by what is used.</summary>
    Bookkeeping,

    /// <summary>GC handles: roots held by native code, pinning, weak references.</summary>
    HandleTable,

    /// <summary>Loader heap of what is touched often: method tables and their like.</summary>
    HighFrequency,

    /// <summary>Loader heap of what is touched seldom: type descriptions.</summary>
    LowFrequency,

    /// <summary>Code made by the just-in-time compiler.</summary>
    JitCode,

    /// <summary>Small pieces of code the runtime makes: stubs, precode, thunks, interface dispatch.</summary>
    Stubs,

    /// <summary>Data of the stubs: dispatch caches, indirection cells, vtable chunks.</summary>
    StubData,

    /// <summary>The shared memory through which code is written and executed (W^X), where no heap inside is known.</summary>
    DoubleMapped,

    /// <summary>Address space kept near the runtime for code to come.</summary>
    CodeReserve,

    /// <summary>Address space the collector reserved and made no region of yet.</summary>
    CollectorReserve,

    /// <summary>Known to be the runtime's, but not for what.</summary>
    Other,
}

/// <summary>How much of a range is in use.</summary>
public enum ManagedState : byte
{
    /// <summary>Holds objects, or whatever the heap is for. Free objects between live ones are in it.</summary>
    Used,

    /// <summary>Committed by the runtime and not yet used.</summary>
    Committed,

    /// <summary>Address space only.</summary>
    Reserved,

    /// <summary>Kept for reuse.</summary>
    Free,
}

/// <summary>The words for <see cref="ManagedKind"/> and <see cref="ManagedState"/>.</summary>
public static class ManagedKinds
{
    static readonly (string Name, string Json)[] s_words =
    [
        ("generation 0", "gen0"), ("generation 1", "gen1"), ("generation 2", "gen2"), ("large objects", "loh"),
        ("pinned objects", "poh"), ("frozen objects", "frozen"), ("free regions", "freeRegions"), ("GC bookkeeping", "bookkeeping"),
        ("handle table", "handleTable"), ("loader heap, high frequency", "loaderHigh"), ("loader heap, low frequency", "loaderLow"),
        ("JIT code", "jitCode"), ("stubs", "stubs"), ("stub data", "stubData"), ("doublemapped", "doubleMapped"),
        ("code reserve", "codeReserve"), ("GC reserve", "gcReserve"), ("runtime", "other"),
    ];

    public const int Count = (int)ManagedKind.Other + 1;

    /// <summary>For people: "generation 2", "JIT code".</summary>
    public static string Name(this ManagedKind kind) => s_words[(int)kind].Name;

    /// <summary>For json: "gen2", "jitCode".</summary>
    public static string JsonName(this ManagedKind kind) => s_words[(int)kind].Json;

    /// <summary>Reads a name made by <see cref="JsonName"/>; null when it is none.</summary>
    public static ManagedKind? ParseJson(string name) =>
        Array.FindIndex(s_words, w => w.Json == name) is >= 0 and var kind ? (ManagedKind)kind : null;

    /// <summary>Whether objects of the program lie in it.</summary>
    public static bool HoldsObjects(this ManagedKind kind) => kind <= ManagedKind.Frozen;

    static bool IsReserve(this ManagedKind kind) => kind is ManagedKind.CodeReserve or ManagedKind.CollectorReserve;

    /// <summary>A block's label: "generation 0", "generation 0: committed", "generation 0: reserved", "free regions".</summary>
    public static string Label(this ManagedKind kind, ManagedState state) => state switch
    {
        _ when kind.IsReserve() => kind.Name(),
        ManagedState.Committed => $"{kind.Name()}: committed",
        ManagedState.Reserved => $"{kind.Name()}: reserved",
        _ => kind.Name(),
    };

    /// <summary>Reads a label made by <see cref="Label"/>; what is none is <see cref="ManagedKind.Other"/>.</summary>
    public static ManagedKind Parse(ReadOnlySpan<char> label, out ManagedState state)
    {
        var colon = label.IndexOf(':');
        var word = colon < 0 ? label : label[..colon];
        state = label.EndsWith(": reserved") ? ManagedState.Reserved : label.EndsWith(": committed") ? ManagedState.Committed : ManagedState.Used;
        for (var i = 0; i < s_words.Length; i++)
        {
            if (!word.SequenceEqual(s_words[i].Name))
                continue;
            var kind = (ManagedKind)i;
            if (kind.IsReserve())
                state = ManagedState.Reserved;
            else if (kind == ManagedKind.FreeRegions && state == ManagedState.Used)
                state = ManagedState.Free;
            return kind;
        }
        return ManagedKind.Other;
    }
}
