using VmAtlas.Capture;
using VmAtlas.Capture.Clr;
using VmAtlas.Model;
using VmAtlas.Model.Managed;

namespace VmAtlas.Web.Sessions;

/// <summary>The objects of a .NET process by type, counted when asked for; the counts are kept to be compared.</summary>
sealed class ObjectCounts : IDisposable
{
    /// <summary>Counts kept; the oldest go. Numbers go on.</summary>
    const int Most = 16;

    readonly Lock _lock = new();
    readonly SortedDictionary<int, ManagedView> _counts = [];
    readonly ClrAnnotator _clr = new(new ClrOptions { Objects = true });
    int _next;

    /// <summary>Numbers and times of the counts there are.</summary>
    public IReadOnlyList<(int Number, DateTimeOffset TakenAt)> All
    {
        get
        {
            lock (_lock)
                return [.. _counts.Select(c => (c.Key, c.Value.Snapshot.TakenAt))];
        }
    }

    /// <param name="since">An earlier count to compare with.</param>
    public ManagedView Get(int number, int? since)
    {
        lock (_lock)
        {
            var view = Find(number);
            return since is { } earlier ? view with { Changes = ObjectDiff.Between(Find(earlier).Objects!, view.Objects!) } : view;
        }
    }

    /// <summary>Reads the whole managed heap. The target runs on. One count at a time: the caller sees to that.</summary>
    /// <returns>The new count's number.</returns>
    public int Take(ICaptureTarget target, IPlatform platform, CancellationToken cancellation)
    {
        var snapshot = new CapturePipeline(target, platform.Annotators(_clr)).Capture(cancellation);
        if (ManagedUse.Of(snapshot) is not { } use)
            throw new VmAtlasException(Failure.NotFound, "there is no memory of a .NET runtime in it");
        if (_clr.LastReport is not { Objects: { } objects })
            throw new VmAtlasException(Failure.General, $"the objects can not be counted: {_clr.LastReport?.WhyNotBetter}");
        lock (_lock)
        {
            _counts[_next] = new ManagedView(snapshot, use) { Objects = objects };
            if (_counts.Count > Most)
                _counts.Remove(_counts.First().Key);
            return _next++;
        }
    }

    public void Dispose() => _clr.Dispose();

    ManagedView Find(int number) => _counts.TryGetValue(number, out var view)
        ? view
        : throw new VmAtlasException(Failure.NotFound, $"there is no count of objects {number} any more");
}
