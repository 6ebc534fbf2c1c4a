using System.Globalization;
using System.Net.Sockets;
using VmAtlas.Capture.Clr.Diagnostics;
using VmAtlas.Model;

namespace VmAtlas.Capture.Clr.Allocations;

/// <summary>Traces the runtimes of a program that is started for it, from their first object on: they wait at their start until a session is open.</summary>
/// <remarks>
/// <see cref="Variable"/> in the environment has every runtime that begins there connect to a socket of ours and stand still. It is taken out again before managed
/// code runs, so that neither the program nor what that starts sees it. A runtime that begins when nobody listens any more would wait for ever: a
/// native program that outlives us must not start one (managed ones, as said, hand the variable to nobody).
/// </remarks>
public sealed class ManagedLaunch : IDisposable
{
    /// <summary>What coreclr reads: ports parted by semicolons (docs/core/diagnostics/diagnostic-port of .NET).</summary>
    public const string VariableName = "DOTNET_DiagnosticPorts";

    /// <summary>Of a greeting: "ADVR_V1" and 0, a cookie of 16 bytes, the pid in its own namespace, two bytes that mean nothing yet.</summary>
    const int GreetingBytes = 34;

    const int MaxRuntimes = 4096;

    static readonly TimeSpan s_answering = TimeSpan.FromSeconds(5);

    readonly ITraceObserver _observer;
    readonly bool _children;
    readonly string? _others;
    readonly Action<int>? _waits;
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-");
    readonly string _path;
    readonly Socket _listening = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    readonly Lock _lock = new();
    readonly List<ManagedTrace> _traces = [];
    readonly Thread _thread;
    volatile bool _letGo;
    int _disposed;

    /// <summary>By a runtime's cookie: how many times it connected. Each question takes a connection of its own.</summary>
    readonly Dictionary<Guid, int> _met = [];

    /// <summary>Connections that have no question to answer: a runtime whose connection ends makes another at once.</summary>
    readonly List<DiagnosticsConnection> _idle = [];

    /// <param name="children">Trace every runtime that begins, not only the first.</param>
    /// <param name="others">What the environment had in <see cref="VariableName"/>.</param>
    /// <param name="waits">Called for each traced process while it waits.</param>
    public ManagedLaunch(ITraceObserver observer, bool children, string? others, Action<int>? waits = null)
    {
        (_observer, _children, _others, _waits) = (observer, children, others, waits);
        // The program may run as another user: its runtime reaches the socket, but nobody can list the folder to find it.
        _path = Path.Combine(_folder.FullName, Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..16]);
        _listening.Bind(new UnixDomainSocketEndPoint(_path));
        _listening.Listen();
        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode pass = UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
            File.SetUnixFileMode(_path, File.GetUnixFileMode(_path) | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite);
            _folder.UnixFileMode |= pass;
        }
        _thread = new Thread(Listen) { IsBackground = true, Name = "runtimes that begin" };
        _thread.Start();
    }

    /// <summary>For the environment of the program.</summary>
    public string Variable => string.IsNullOrEmpty(_others) ? $"{_path},suspend" : $"{_others};{_path},suspend";

    /// <summary>Why a runtime was let go untraced, or that none has begun; null when all is well.</summary>
    public string? Problem
    {
        get => field ?? (Traces.Count > 0 ? null : "no .NET runtime (5 or later) began: without --managed the command's malloc and mmap are traced");
        private set;
    }

    /// <summary>Of every runtime that began, in their order.</summary>
    public IReadOnlyList<ManagedTrace> Traces
    {
        get
        {
            lock (_lock)
                return [.. _traces];
        }
    }

    /// <summary>Ends the traces; <paramref name="pid"/> ended as said. Of the others nobody knows how they did, where they did.</summary>
    public void Finish(int pid, TraceEnding ending, int value)
    {
        foreach (var trace in Traces)
        {
            if (trace.Pid == pid)
                trace.Stop(ending, value);
            else
                trace.Stop();
        }
    }

    /// <summary>Ends the traces while the program goes on. Runtimes that begin later are not traced, and do not wait.</summary>
    public void LetGo()
    {
        List<ManagedTrace> begun;
        lock (_lock)
            (_letGo, begun) = (true, [.. _traces]);
        foreach (var trace in begun)
            trace.Stop();
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _listening.Dispose();
        _thread.Join();
        foreach (var trace in _traces)
            trace.Dispose();
        foreach (var connection in _idle)
            connection.Dispose();
        _folder.Delete(recursive: true);
    }

    void Listen()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = _listening.Accept();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return; // we end
            }
            try
            {
                Meet(socket);
            }
            catch (Exception e) when (e is IOException or InvalidDataException or SocketException or ObjectDisposedException)
            {
                Problem = $"a runtime did not answer at its start: {e.Message}";
                socket.Dispose();
            }
        }
    }

    /// <summary>First its session and its environment, then its leave to go on.</summary>
    void Meet(Socket socket)
    {
        using var deadline = new CancellationTokenSource(s_answering);
        var connection = new DiagnosticsConnection(socket, deadline.Token);
        var times = Greeted(connection.Stream);
        if (times > 1)
        {
            deadline.Dispose(); // without an end
            _idle.Add(connection);
            return;
        }
        using var answering = connection;
        if (times == 0)
            Open(DiagnosticsPort.PeerOf(socket));
        connection.Stream.Write(times == 0 ? DiagnosticsMessage.SetVariable(VariableName, _others) : DiagnosticsMessage.Resume());
        DiagnosticsMessage.ReadAnswer(connection.Stream);
    }

    /// <summary>How many times the runtime has connected before.</summary>
    int Greeted(Stream stream)
    {
        var greeting = new byte[GreetingBytes];
        stream.ReadExactly(greeting);
        var runtime = new Guid(greeting.AsSpan(8, 16));
        var times = _met.GetValueOrDefault(runtime);
        if (!greeting.AsSpan().StartsWith("ADVR_V1\0"u8) || times == 0 && _met.Count == MaxRuntimes)
            throw new InvalidDataException("what connected does not greet like a runtime, or there are too many");
        _met[runtime] = times + 1;
        return times;
    }

    void Open(int pid)
    {
        if (pid == 0 || _letGo || Traces.Count > 0 && !_children)
            return;
        try
        {
            var trace = ManagedTrace.Begin(pid, attached: false, _observer);
            bool late;
            lock (_lock)
            {
                _traces.Add(trace);
                late = _letGo;
            }
            if (late)
                trace.Stop();
            else
                _waits?.Invoke(pid);
        }
        catch (VmAtlasException e)
        {
            Problem = e.Message;
        }
    }
}
