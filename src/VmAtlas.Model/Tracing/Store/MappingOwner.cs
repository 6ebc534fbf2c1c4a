namespace VmAtlas.Model.Tracing;

/// <summary>A range of addresses and the call that made it.</summary>
/// <param name="Site">Row of the call site in the store's table of mapping sites.</param>
/// <param name="Thread">Number of the thread in the store.</param>
/// <param name="Time">Nanoseconds since the trace began.</param>
public readonly record struct MappingOwner(AddressRange Range, int Site, int Thread, long Time, TraceFunction Function, Protection Protection);
