using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace VmAtlas.Capture.Clr.Diagnostics;

/// <summary>Where a .NET runtime listens for questions: a socket in the folder for temporary files, as the target sees it.</summary>
/// <remarks>
/// The name follows from the process (its id in its own namespace, and when it was started), so nothing is searched for. Anybody could have put a
/// socket there: not a byte is sent before the kernel says (SO_PEERCRED, unix(7)) that the process listening is the target.
/// </remarks>
static class DiagnosticsPort
{
    const int MaxEnvironment = 1 << 20;

    /// <exception cref="AnnotatorUnavailableException">It does not listen, or another process does in its place.</exception>
    public static Socket Connect(int pid)
    {
        SocketException? why = null;
        foreach (var path in Paths(pid))
        {
            // A socket whose queue is full would keep us waiting: without blocking it refuses.
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(path));
                socket.Blocking = true;
                RequirePeer(socket, pid);
                return socket;
            }
            catch (Exception e)
            {
                socket.Dispose();
                if (e is not SocketException refused)
                    throw;
                why = refused;
            }
        }
        throw new AnnotatorUnavailableException(
            $"its runtime does not listen for questions ({why?.Message ?? "its socket has too long a path"}); DOTNET_EnableDiagnostics=0 would be a cause");
    }

    /// <summary>Whether the process at the other end is the target, by the kernel's word.</summary>
    static void RequirePeer(Socket socket, int pid)
    {
        if (PeerOf(socket) != pid)
            throw new AnnotatorUnavailableException("another process listens where its runtime should, and was asked nothing");
    }

    /// <summary>The process at the other end of a socket; 0 where the kernel does not say.</summary>
    public static int PeerOf(Socket socket)
    {
        const int solSocket = 1, peerCredentials = 17;
        Span<byte> credentials = stackalloc byte[12]; // struct ucred: pid, uid, gid
        return socket.GetRawSocketOption(solSocket, peerCredentials, credentials) < 4 ? 0 : BinaryPrimitives.ReadInt32LittleEndian(credentials);
    }

    /// <summary>coreclr's ds-ipc-pal-socket.c: "dotnet-diagnostic-PID-START-socket" in TMPDIR, else in /tmp.</summary>
    static IEnumerable<string> Paths(int pid)
    {
        const int longest = 107; // sockaddr_un
        var name = $"dotnet-diagnostic-{IdInNamespace(pid)}-{StartTime(pid)}-socket";
        foreach (var folder in (IEnumerable<string?>)[TemporaryFolder(pid), "/tmp"])
        {
            var path = folder is null ? null : $"/proc/{pid}/root{folder.TrimEnd('/')}/{name}";
            if (path is not null && Encoding.UTF8.GetByteCount(path) <= longest)
                yield return path;
        }
    }

    static string IdInNamespace(int pid) =>
        File.ReadLines($"/proc/{pid}/status").FirstOrDefault(l => l.StartsWith("NSpid:", StringComparison.Ordinal)) is { } line
            ? line[(line.LastIndexOf('\t') + 1)..]
            : pid.ToString(CultureInfo.InvariantCulture);

    /// <summary>Field 22 of <c>stat</c>, proc_pid_stat(5); the second, a name, may hold anything.</summary>
    static string StartTime(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
    }

    static string? TemporaryFolder(int pid)
    {
        var environment = new byte[MaxEnvironment];
        using var file = File.OpenRead($"/proc/{pid}/environ");
        var read = file.ReadAtLeast(environment, environment.Length, throwOnEndOfStream: false);
        foreach (var variable in environment.AsSpan(0, read).Split((byte)0))
        {
            var text = environment.AsSpan(variable);
            if (text.StartsWith("TMPDIR=/"u8))
                return Encoding.UTF8.GetString(text[7..]);
        }
        return null;
    }
}
