using System.Diagnostics;
using System.Globalization;
using VmAtlas.Capture.Linux.Processes;

namespace VmAtlas.Testing;

/// <summary>A real program of the system, started for a test in a folder of its own, waited for until it is ready, and ended by its id
/// together with all it started.</summary>
public sealed class RealProgram : IDisposable
{
    const int Patience = 10_000;

    readonly Process _process;
    readonly DirectoryInfo _folder;
    readonly List<string> _output = [];

    RealProgram(Process process, DirectoryInfo folder) => (_process, _folder) = (process, folder);

    public int Pid => _process.Id;

    /// <summary>The program and its descendants there are now, less those that have ended and wait for their parent to ask.</summary>
    public IReadOnlyList<int> Processes =>
        [.. ProcessTree.Of(Pid).Where(pid => Signals.StateOf($"/proc/{pid}") is not ('Z' or '\0'))];

    /// <summary>Its working folder, deleted afterwards.</summary>
    public string Folder => _folder.FullName;

    /// <summary>Where a program lies, by the PATH; null when it is not installed, for <c>Assert.SkipWhen</c>.</summary>
    public static string? Find(string name) => Environment.GetEnvironmentVariable("PATH")!.Split(':')
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>Starts a program and waits until it is ready.</summary>
    /// <param name="ready">Asked again and again; by default, whether it has written a line "ready".</param>
    /// <param name="files">Name and text of files put into its folder first; "{folder}" in an argument stands for the folder.</param>
    public static RealProgram Start(
        string path, IEnumerable<string> arguments, Func<RealProgram, bool>? ready = null, IReadOnlyDictionary<string, string>? files = null, int seconds = 60)
    {
        var folder = Directory.CreateTempSubdirectory("vmatlas-real-");
        foreach (var (name, text) in files ?? new Dictionary<string, string>())
            File.WriteAllText(Path.Combine(folder.FullName, name), text);
        var start = new ProcessStartInfo(path, arguments.Select(a => a.Replace("{folder}", folder.FullName, StringComparison.Ordinal)))
        {
            WorkingDirectory = folder.FullName, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        var program = new RealProgram(Process.Start(start) ?? throw new InvalidOperationException($"{path} did not start"), folder);
        program._process.OutputDataReceived += program.Keep;
        program._process.ErrorDataReceived += program.Keep;
        program._process.BeginOutputReadLine();
        program._process.BeginErrorReadLine();
        var isReady = SpinWait.SpinUntil(() =>
        {
            Thread.Sleep(20);
            return program._process.HasExited || (ready ?? (p => p.HasWritten("ready")))(program);
        }, TimeSpan.FromSeconds(seconds));
        if (isReady && !program._process.HasExited)
            return program;
        var said = program.Output();
        program.Dispose();
        throw new InvalidOperationException($"{path} was not ready within {seconds} seconds; it wrote: {said}");
    }

    public bool HasWritten(string line)
    {
        lock (_output)
            return _output.Contains(line);
    }

    /// <summary>All it has written so far.</summary>
    public string Output()
    {
        lock (_output)
            return string.Join('\n', _output);
    }

    /// <summary>Stops the program and its descendants until <see cref="Dispose"/>; those that stand still.</summary>
    public IReadOnlyList<int> Stop()
    {
        var met = new HashSet<int>();
        while (Processes.Where(met.Add).ToList() is { Count: > 0 } fresh)
            fresh.ForEach(pid => Signals.TrySend(pid, Signals.Stop));
        IReadOnlyList<int> all = [];
        if (!SpinWait.SpinUntil(() => (all = Processes).All(Signals.IsStopped), Patience))
            throw new InvalidOperationException($"one of the processes {string.Join(' ', all)} does not stop");
        return all;
    }

    /// <summary>Asks the program to end, so that it can give back what outlives a process (System V shared memory), and ends by their
    /// ids whatever is left.</summary>
    public void Dispose()
    {
        foreach (var pid in Processes)
            Signals.TrySend(pid, Signals.Continue);
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            Signals.TrySend(Pid, Signals.Terminate);
        }
        if (!_process.WaitForExit(Patience))
            _process.Kill(entireProcessTree: true);
        foreach (var pid in Stragglers())
            Signals.TrySend(pid, Signals.Kill);
        _process.WaitForExit();
        _process.Dispose();
        SpinWait.SpinUntil(() => Stragglers().Count == 0, Patience);
        _folder.Delete(recursive: true);
    }

    /// <summary>Processes that have left the tree (their parent ended) are known by this program's folder on their command line.</summary>
    List<int> Stragglers()
    {
        var found = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) && NamesFolder(folder))
                found.Add(pid);
        }
        return found;
    }

    bool NamesFolder(string procFolder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(procFolder, "cmdline")).Contains(Folder, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // it has ended, or is somebody else's
        }
    }

    void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
        {
            if (line.Data is not null)
                _output.Add(line.Data);
        }
    }
}
