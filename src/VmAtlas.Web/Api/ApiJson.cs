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
sealed record LaunchRequest(string Program, string[]? Arguments, string? Folder, Dictionary<string, string>? Environment);

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
    string? Path = null);

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
[JsonSerializable(typeof(NothingRequest))]
[JsonSerializable(typeof(TrimAnswer))]
[JsonSerializable(typeof(SaveRequest))]
[JsonSerializable(typeof(SavedAnswer))]
[JsonSerializable(typeof(ProcessAnswer[]))]
[JsonSerializable(typeof(IntervalRequest))]
[JsonSerializable(typeof(SessionAnswer))]
[JsonSerializable(typeof(IReadOnlyList<SessionAnswer>))]
[JsonSerializable(typeof(SessionEvent))]
[JsonSerializable(typeof(OfferAnswer[]))]
[JsonSerializable(typeof(GlossaryAnswer[]))]
[JsonSerializable(typeof(StringAnswer))]
[JsonSerializable(typeof(ObjectCountAnswer[]))]
sealed partial class ApiJson : JsonSerializerContext;
