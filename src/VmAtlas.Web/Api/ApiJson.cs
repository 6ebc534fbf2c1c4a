using System.Text.Json.Serialization;
using VmAtlas.Model;

namespace VmAtlas.Web.Api;

sealed record FailureAnswer(string Failure, string Message);

/// <param name="User">Whom the server runs as: what it may see depends on it.</param>
sealed record About(string Version, string Host, string System, string User);

/// <summary>Exactly one of the two is given.</summary>
sealed record OpenRequest(int? Pid, string? Path);

/// <param name="Seconds">Null or 0 for no automatic refresh.</param>
sealed record IntervalRequest(double? Seconds);

sealed record SessionAnswer(
    int Id, string Title, bool Live, string? Ended, double? Interval, ProcessFacts Process, SystemFacts System, IReadOnlyList<DateTimeOffset> Snapshots);

sealed record SessionEvent(int Session, string Kind, int? Index = null, DateTimeOffset? TakenAt = null, string? Message = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    MaxDepth = 8)]
[JsonSerializable(typeof(FailureAnswer))]
[JsonSerializable(typeof(About))]
[JsonSerializable(typeof(OpenRequest))]
[JsonSerializable(typeof(IntervalRequest))]
[JsonSerializable(typeof(SessionAnswer))]
[JsonSerializable(typeof(IReadOnlyList<SessionAnswer>))]
[JsonSerializable(typeof(SessionEvent))]
sealed partial class ApiJson : JsonSerializerContext;
