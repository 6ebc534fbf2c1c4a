using System.Diagnostics;

namespace VmAtlas.Testing;

/// <summary>A real program of the system, started for a test in a folder of its own, waited for until it is ready, and ended by its id.</summary>
public sealed class RealProgram : IDisposable
{
    readonly Process _process;
    readonly DirectoryInfo _folder;
    readonly List<string> _output = [];

    RealProgram(Process process, DirectoryInfo folder) => (_process, _folder) = (process, folder);

    public int Pid => _process.Id;

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

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _folder.Delete(recursive: true);
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
