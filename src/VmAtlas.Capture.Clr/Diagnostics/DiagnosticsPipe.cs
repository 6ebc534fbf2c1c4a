using System.Globalization;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Principal;
using Microsoft.Win32.SafeHandles;

namespace VmAtlas.Capture.Clr.Diagnostics;

/// <summary>Where a .NET runtime listens for questions on Windows: a named pipe.</summary>
/// <remarks>Anybody could have made a pipe of that name: not a byte is sent before the system says that the process at its other end is the target.</remarks>
static partial class DiagnosticsPipe
{
    static readonly TimeSpan s_connecting = TimeSpan.FromSeconds(2);

    /// <summary>Whether there is one; who is at its other end is not asked.</summary>
    public static unsafe bool IsThere(int pid)
    {
        const uint noWait = 1;
        const int notFound = 2;
        fixed (char* name = string.Create(CultureInfo.InvariantCulture, $@"\\.\pipe\dotnet-diagnostic-{pid}"))
            return WaitNamedPipeW(name, noWait) != 0 || Marshal.GetLastPInvokeError() != notFound;
    }

    /// <exception cref="AnnotatorUnavailableException">It does not listen, or another process does in its place.</exception>
    [SupportedOSPlatform("windows")]
    public static NamedPipeClientStream Connect(int pid, CancellationToken deadline)
    {
        // Asynchronous, so that a read ends when the stream is disposed of; whoever serves the pipe learns who we are and can not act as us.
        var pipe = new NamedPipeClientStream(
            ".", $"dotnet-diagnostic-{pid}", PipeDirection.InOut, PipeOptions.Asynchronous, TokenImpersonationLevel.Identification);
        try
        {
            pipe.ConnectAsync(s_connecting, deadline).GetAwaiter().GetResult();
            if (GetNamedPipeServerProcessId(pipe.SafePipeHandle, out var server) == 0 || server != pid)
                throw new AnnotatorUnavailableException("another process listens where its runtime should, and was asked nothing");
            return pipe;
        }
        catch (Exception e)
        {
            pipe.Dispose();
            if (e is not (TimeoutException or IOException or UnauthorizedAccessException))
                throw;
            throw new AnnotatorUnavailableException($"its runtime does not listen for questions ({e.Message}); DOTNET_EnableDiagnostics=0 would be a cause");
        }
    }

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int GetNamedPipeServerProcessId(SafePipeHandle pipe, out uint pid);

    [LibraryImport("kernel32", SetLastError = true)]
    private static unsafe partial int WaitNamedPipeW(char* name, uint milliseconds);
}
