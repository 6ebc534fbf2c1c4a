namespace VmAtlas.Model;

/// <summary>One program of a trace, told before anything else of it. A process that calls exec is another one from there on, with the same pid.</summary>
/// <param name="Pid">As seen from outside.</param>
/// <param name="ParentPid">The traced process that forked it; 0 for the first.</param>
/// <param name="Began">The moment that is time 0 of its events.</param>
/// <param name="Attached">The agent came while it ran: what it allocated before is not known, and frees of that are seen.</param>
/// <param name="SampleInterval">Mean bytes between two samples; 0 when every operation is recorded.</param>
public sealed record TraceProcess(int Pid, int ParentPid, string Command, DateTimeOffset Began, bool Attached, ulong SampleInterval);

/// <summary>A file of code in the target. Offsets into it are address − <see cref="Bias"/>, as its own headers count.</summary>
/// <param name="Index">Counts from 0 in the order told.</param>
/// <param name="Path">As the target's loader names it; of its own root, where that is another.</param>
/// <param name="Range">From its lowest to its highest segment. A later module may lie where one was unloaded.</param>
/// <param name="BuildId">Lower-case hexadecimal; empty where the file has none.</param>
public sealed record TraceModule(int Index, string Path, AddressRange Range, ulong Bias, string BuildId);

/// <param name="Index">Counts from 0 in the order told; a tid that comes back later is another thread.</param>
public sealed record TraceThread(int Index, int Tid, string Name)
{
    /// <summary>A runtime's collector, in a trace of a managed program's objects: it gives them all back, nobody says when. Its tid is 0.</summary>
    public const string Collector = "(collector)";

    public bool IsCollector => Tid == 0 && Name == Collector;
}

/// <summary>How a trace of one program ended.</summary>
public enum TraceEnding
{
    /// <summary>It ended by itself; the value is its exit code.</summary>
    Exited,

    /// <summary>A signal ended it; the value is the signal's number.</summary>
    Killed,

    /// <summary>It called exec: another program goes on in its place.</summary>
    Replaced,

    /// <summary>The tracer let it go; it goes on.</summary>
    Detached,

    /// <summary>It is gone and nobody could say how (not our child).</summary>
    Gone,
}
