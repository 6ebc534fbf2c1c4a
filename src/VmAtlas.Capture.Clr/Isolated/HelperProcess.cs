using System.Diagnostics;
using System.Globalization;
using System.Text;
using VmAtlas.Capture.Clr.Wire;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Isolated;

/// <summary>The process that runs the debugger library (<c>vmatlas-clr</c>): started, asked, and ended in time, whatever it does.</summary>
/// <remarks>It may crash, hang or lie; each costs an <see cref="AnnotatorUnavailableException"/> that says which.</remarks>
sealed class HelperProcess : IDisposable
{
    /// <summary>Environment the helper gets; nothing else of ours reaches it.</summary>
    static readonly string[] s_passedOn = ["HOME", "PATH", "DOTNET_ROOT", "NUGET_PACKAGES", "TMPDIR", "SystemRoot", "TEMP"];

    /// <summary>In place of a process: where its memory lies is told on the input (<see cref="PieceFrames"/>).</summary>
    public const string Saved = "saved";

    readonly Process _process;
    readonly FrameReader _frames;
    readonly HelperLimits _limits;
    readonly StringBuilder _complaints = new();
    readonly ManualResetEventSlim _noMoreComplaints = new();

    HelperProcess(Process process, HelperLimits limits)
    {
        (_process, _limits) = (process, limits);
        _frames = new FrameReader(process.StandardOutput.BaseStream);
        process.ErrorDataReceived += (_, line) => Complain(line.Data);
        process.BeginErrorReadLine();
    }

    /// <summary>Where it is: beside the program that runs.</summary>
    public static string DefaultPath => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "vmatlas-clr.exe" : "vmatlas-clr");

    /// <summary>The rights the helper says it gave up.</summary>
    public string GivenUp { get; private set; } = "";

    public int ProcessId => _process.Id;

    /// <summary>Starts the helper and waits until it has the target's runtime open.</summary>
    /// <param name="pid">The live process, where there is nothing saved.</param>
    /// <param name="saved">The memory of a dump.</param>
    /// <exception cref="AnnotatorUnavailableException">It can not be had, or it can not read that runtime.</exception>
    public static HelperProcess Start(
        string path, HelperLimits limits, int pid, ulong runtimeBase, CancellationToken cancellation, IReadOnlyList<SavedPiece>? saved = null)
    {
        if (!File.Exists(path))
            throw new AnnotatorUnavailableException($"its helper {Path.GetFileName(path)} is not installed beside the program");
        var start = new ProcessStartInfo(path, [saved is null ? pid.ToString(CultureInfo.InvariantCulture) : Saved, runtimeBase.ToString("x", CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetPathRoot(path),
        };
        SetEnvironment(start.Environment);
        var helper = new HelperProcess(Process.Start(start)!, limits);
        try
        {
            helper.GivenUp = helper.Within(limits.Open, () => helper.Open(saved), cancellation);
            return helper;
        }
        catch
        {
            helper.Dispose();
            throw;
        }
    }

    /// <summary>Asks where everything is, and for the objects if wanted.</summary>
    /// <exception cref="AnnotatorUnavailableException">It failed, and is of no more use.</exception>
    public ManagedReport Ask(bool withObjects, CancellationToken cancellation) =>
        Within(
            withObjects ? _limits.Objects : _limits.Ranges,
            () =>
            {
                var input = _process.StandardInput.BaseStream;
                input.WriteByte((byte)(withObjects ? Question.RangesAndObjects : Question.Ranges));
                input.Flush();
                return ReportReader.Read(_frames);
            },
            cancellation);

    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read what was written to it: nothing is lost.
        }
        if (!_process.WaitForExit(100))
            End();
        _process.WaitForExit(1000);
        _process.Dispose();
    }

    /// <summary>A runtime that is ready for work like ours: no diagnostics socket, no double mapping, a bounded heap.</summary>
    static void SetEnvironment(IDictionary<string, string?> environment)
    {
        var kept = s_passedOn.Select(name => (name, environment.TryGetValue(name, out var value) ? value : null)).ToList();
        environment.Clear();
        foreach (var (name, value) in kept.Where(k => k.Item2 is not null))
            environment[name] = value;
        environment["DOTNET_EnableDiagnostics"] = "0";
        environment["DOTNET_EnableWriteXorExecute"] = "0";
        environment["DOTNET_GCHeapHardLimit"] = "40000000";
        environment["DOTNET_TieredPGO"] = "0";
    }

    string Open(IReadOnlyList<SavedPiece>? saved)
    {
        if (saved is not null)
            PieceFrames.Write(new FrameWriter(_process.StandardInput.BaseStream), saved);
        var kind = _frames.Read(out var payload);
        return kind switch
        {
            FrameKind.Ready => ReportReader.Line(payload),
            FrameKind.Failure => throw new AnnotatorUnavailableException(ReportReader.Line(payload)),
            _ => throw new InvalidDataException($"a frame of kind {kind} before the helper was ready"),
        };
    }

    T Within<T>(TimeSpan limit, Func<T> work, CancellationToken cancellation)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timer.CancelAfter(limit);
        using var ending = timer.Token.Register(End);
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new AnnotatorUnavailableException(timer.IsCancellationRequested ? $"its helper did not answer within {limit.TotalSeconds:0.#} s" : HowItEnded(e));
        }
    }

    string HowItEnded(Exception e)
    {
        if (e is InvalidDataException)
            return e.Message;
        _process.WaitForExit(1000);
        _noMoreComplaints.Wait(1000);
        var code = _process.HasExited ? $" with exit code {_process.ExitCode}" : "";
        lock (_complaints)
            return $"its helper ended{code} before it answered{(_complaints.Length > 0 ? $": {_complaints}" : "")}";
    }

    /// <summary>With all it may have started: whoever holds its end of the pipe keeps us waiting.</summary>
    void End() => _process.Kill(entireProcessTree: true);

    void Complain(string? line)
    {
        if (line is null)
        {
            _noMoreComplaints.Set();
            return;
        }
        lock (_complaints)
        {
            if (_complaints.Length < 300)
                _complaints.Append(_complaints.Length > 0 ? " " : "").Append(ReportReader.Line(Encoding.UTF8.GetBytes(line[..Math.Min(line.Length, 300)])));
        }
    }
}
