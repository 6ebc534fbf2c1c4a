using System.Text.Json;
using System.Text.Json.Serialization;
using VmAtlas.Model;

namespace VmAtlas.Web.Api;

sealed record FailureAnswer(string Failure, string Message);

/// <param name="User">Whom the server runs as: what it may see depends on it.</param>
sealed record About(string Version, string Host, string System, string User);

/// <summary>Exactly one of the two is given.</summary>
sealed record OpenRequest(int? Pid, string? Path);

/// <param name="Arguments">One by one: no shell takes them apart.</param>
/// <param name="Environment">Added to the server's own.</param>
/// <param name="Trace">How to trace it; null for not at all.</param>
sealed record LaunchRequest(string Program, string[]? Arguments, string? Folder, Dictionary<string, string>? Environment, TraceRequest? Trace = null);

/// <param name="SampleInterval">Mean bytes between two samples; null or 0 records every operation.</param>
/// <param name="Children">The programs it starts, too.</param>
/// <param name="Managed">The objects of a .NET program, sampled by its runtime, instead of what its native code allocates.</param>
sealed record TraceRequest(ulong? SampleInterval, bool? Children, bool? Managed = null);

/// <param name="Folders">Whole paths.</param>
sealed record SymbolsRequest(string[]? Folders);

/// <param name="Folders">Of the user's list.</param>
/// <param name="Always">Searched besides: named when the server was started, and the system's.</param>
/// <param name="File">The list; null where it can not be kept.</param>
sealed record SymbolsAnswer(IReadOnlyList<string> Folders, IReadOnlyList<string> Always, string? File);

/// <summary>The body of a change that takes nothing: an empty object, so that it is json all the same.</summary>
sealed record NothingRequest;

/// <param name="Before">Bytes resident before.</param>
/// <param name="After">… and after.</param>
/// <param name="Refused">Mappings the kernel refused.</param>
/// <param name="LeftOut">Mappings not asked for: locked, hugetlb, device memory.</param>
sealed record TrimAnswer(ulong Before, ulong After, int Refused, int LeftOut);

/// <param name="Path">Its ending says as what.</param>
/// <param name="Index">One snapshot; null for all.</param>
sealed record SaveRequest(string Path, int? Index);

sealed record SavedAnswer(string Path, long Bytes);

/// <param name="Command">Null for a process that has ended and waits for its parent.</param>
sealed record ProcessAnswer(int Pid, string Name, string? User, string? Command)
{
    public ulong? Private { get; init; }

    public ulong? TotalWs { get; init; }

    public ulong? Pss { get; init; }

    public ulong? Swap { get; init; }

    public int? Threads { get; init; }

    public string? Architecture { get; init; }

    public string? Container { get; init; }

    /// <summary>Why it can not be opened; null when it can.</summary>
    public string? WhyNot { get; init; }
}

/// <param name="Seconds">Null or 0 for no automatic refresh.</param>
sealed record IntervalRequest(double? Seconds);

sealed record SessionAnswer(
    int Id, string Title, bool Live, string? Ended, double? Interval, ProcessFacts Process, SystemFacts System, IReadOnlyList<DateTimeOffset> Snapshots,
    string? Path = null)
{
    /// <summary>A saved file whose newest snapshot kept the inside of its heaps.</summary>
    public bool Heap { get; init; }

    /// <summary>Programs of which there is a trace.</summary>
    public int Traces { get; init; }

    /// <summary>A trace is going on.</summary>
    public bool Tracing { get; init; }

    /// <summary>What went wrong with the last one.</summary>
    public string? TraceProblem { get; init; }

    /// <summary>Milliseconds for which a thread of the target stood still when the trace began.</summary>
    public double? Stopped { get; init; }
}

/// <summary>One traced program and what it came to. Seconds since it began.</summary>
/// <param name="Number">What the calls about it take.</param>
/// <param name="SampleInterval">0 when every operation was recorded; else all figures are estimates.</param>
/// <param name="Ending">Null while it runs.</param>
sealed record TraceAnswer(
    int Number, int Pid, int ParentPid, string Command, DateTimeOffset Began, bool Attached, ulong SampleInterval, string? Ending, int EndingValue, double Seconds)
{
    public long Operations { get; init; }

    public long LiveBytes { get; init; }

    public double LiveCount { get; init; }

    public long TotalBytes { get; init; }

    public double TotalCount { get; init; }

    public double TemporaryCount { get; init; }

    public long PeakBytes { get; init; }

    public double PeakSeconds { get; init; }

    public long MappedBytes { get; init; }

    public long UnknownFrees { get; init; }

    public long Dropped { get; init; }

    public int Sites { get; init; }

    /// <summary>In words, where it was not plain: "ended by signal 11 (SIGSEGV)".</summary>
    public string? Ended { get; init; }

    /// <summary>Its blocks are objects, of which nobody tells when they die: the figures of what is live mean nothing.</summary>
    public bool OnlyTotals { get; init; }
}

/// <summary>A part of a range and the call that mapped it, so many seconds after the trace began.</summary>
sealed record MakerAnswer(string Start, string End, string Function, double Seconds, int Tid, uint Site, string Call);

/// <summary>Lines of a source file, from <paramref name="First"/> on.</summary>
sealed record SourceAnswer(string File, int First, string[] Lines, bool More);

sealed record SessionEvent(int Session, string Kind, int? Index = null, DateTimeOffset? TakenAt = null, string? Message = null);

/// <param name="Start">What it replaces: from this character …</param>
/// <param name="End">… up to this one.</param>
sealed record OfferAnswer(string Text, string About, int Start, int End);

sealed record GlossaryAnswer(string Kind, string Key, string Title, string Short, string? More, string? Linux, string? Windows);

/// <summary>A string found; or, with <paramref name="Told"/>, the end of them.</summary>
/// <param name="More">There were more than one answer holds.</param>
sealed record StringAnswer(string? Address, string? Encoding, string? Text, int? Told = null, ulong? BytesRead = null, bool? More = null);

sealed record ObjectCountAnswer(int Number, DateTimeOffset TakenAt);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    MaxDepth = 8)]
[JsonSerializable(typeof(FailureAnswer))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(About))]
[JsonSerializable(typeof(OpenRequest))]
[JsonSerializable(typeof(LaunchRequest))]
[JsonSerializable(typeof(TraceRequest))]
[JsonSerializable(typeof(TraceAnswer))]
[JsonSerializable(typeof(TraceAnswer[]))]
[JsonSerializable(typeof(SourceAnswer))]
[JsonSerializable(typeof(MakerAnswer[]))]
[JsonSerializable(typeof(NothingRequest))]
[JsonSerializable(typeof(TrimAnswer))]
[JsonSerializable(typeof(SaveRequest))]
[JsonSerializable(typeof(SavedAnswer))]
[JsonSerializable(typeof(ProcessAnswer[]))]
[JsonSerializable(typeof(IntervalRequest))]
[JsonSerializable(typeof(SessionAnswer))]
[JsonSerializable(typeof(IReadOnlyList<SessionAnswer>))]
[JsonSerializable(typeof(SessionEvent))]
[JsonSerializable(typeof(SymbolsRequest))]
[JsonSerializable(typeof(SymbolsAnswer))]
[JsonSerializable(typeof(OfferAnswer[]))]
[JsonSerializable(typeof(GlossaryAnswer[]))]
[JsonSerializable(typeof(StringAnswer))]
[JsonSerializable(typeof(ObjectCountAnswer[]))]
sealed partial class ApiJson : JsonSerializerContext;
