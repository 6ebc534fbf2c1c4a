using System.Runtime.InteropServices;

namespace VmAtlas.Cli.CommandLine;

/// <summary>Ctrl-C and SIGTERM as a wish to finish in order. A second Ctrl-C ends the command at once.</summary>
sealed class StopSignals : IDisposable
{
    readonly CancellationTokenSource _stop;
    readonly PosixSignalRegistration[] _signals;

    public StopSignals(CancellationToken other)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(other);
        _signals = [Register(PosixSignal.SIGINT), Register(PosixSignal.SIGTERM), Register(PosixSignal.SIGHUP)];
    }

    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _stop.Dispose();
    }

    PosixSignalRegistration Register(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = !_stop.IsCancellationRequested;
        _stop.Cancel();
    });
}
