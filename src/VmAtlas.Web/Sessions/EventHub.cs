using System.Threading.Channels;
using VmAtlas.Web.Api;

namespace VmAtlas.Web.Sessions;

/// <summary>Tells every open page what happened. A page that does not read loses the oldest: it asks for the session's state anyway.</summary>
sealed class EventHub : IDisposable
{
    const int Waiting = 256;
    readonly Lock _lock = new();
    readonly List<Channel<SessionEvent>> _readers = [];

    public void Tell(SessionEvent happened)
    {
        lock (_lock)
        {
            foreach (var reader in _readers)
                reader.Writer.TryWrite(happened);
        }
    }

    public Subscription Subscribe()
    {
        var channel = Channel.CreateBounded<SessionEvent>(new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock)
            _readers.Add(channel);
        return new Subscription(this, channel);
    }

    /// <summary>Ends all readers, so that their answers end.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var reader in _readers)
                reader.Writer.TryComplete();
        }
    }

    public sealed class Subscription(EventHub hub, Channel<SessionEvent> channel) : IDisposable
    {
        public IAsyncEnumerable<SessionEvent> Read(CancellationToken cancellation) => channel.Reader.ReadAllAsync(cancellation);

        public void Dispose()
        {
            lock (hub._lock)
                hub._readers.Remove(channel);
        }
    }
}
