using System.Net.Sockets;

namespace VmAtlas.Capture.Clr.Diagnostics;

/// <summary>A connection to a runtime's diagnostics server that ends when its time is over, whatever the other side does.</summary>
sealed class DiagnosticsConnection : IDisposable
{
    readonly CancellationTokenRegistration _ending;

    public DiagnosticsConnection(Socket socket, CancellationToken deadline)
        : this(new NetworkStream(socket, ownsSocket: true), deadline)
    {
    }

    DiagnosticsConnection(Stream stream, CancellationToken deadline)
    {
        Stream = stream;
        _ending = deadline.Register(Stream.Dispose);
    }

    /// <summary>What the other side says; a read that is under way when time is over fails with an <see cref="IOException"/>.</summary>
    public Stream Stream { get; }

    /// <summary>Connects and asks.</summary>
    /// <exception cref="AnnotatorUnavailableException">Nobody listens, or not the target.</exception>
    public static DiagnosticsConnection Ask(int pid, byte[] question, CancellationToken deadline)
    {
        var stream = OperatingSystem.IsWindows() ? DiagnosticsPipe.Connect(pid, deadline) : (Stream)new NetworkStream(DiagnosticsPort.Connect(pid), ownsSocket: true);
        var connection = new DiagnosticsConnection(stream, deadline);
        try
        {
            connection.Stream.Write(question);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _ending.Dispose();
        Stream.Dispose();
    }
}
