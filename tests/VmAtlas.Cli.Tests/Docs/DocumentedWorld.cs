using System.Diagnostics;
using VmAtlas.Capture;
using VmAtlas.Capture.Windows.Tests.MadeUp;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats.Tests.Etl;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests.Docs;

/// <summary>A run of a documented command: what was put in for its stand-ins, and what came out.</summary>
sealed record ShellRun(string Line, int ExitCode, string Out, string Error);

/// <summary>
/// What the pages speak of, for real: 1234 and 5678 are two processes, firefox the name of one, 7f12ab345678 an address in its heap,
/// before.vmatlas, old.vmatlas, map.vmatlas, long.vmatlas, objects.vmatlas, later.vmatlas, devenv.csv, core, crash.dmp and heap.etl files; ./server and script.py are programs
/// that keep memory, app.dll is one of .NET, run.vmatlas and server.vmatlas traces of them, heaptrack.server.4711.zst one in heaptrack's format; 0x5555deadbeef is a block in it and 17
/// the call site that asked for it; 10s, 30s, 1m and 5m pass sooner, and a port is any that is free.
/// Commands that go on until Ctrl-C get it as soon as they have something to show.
/// </summary>
public sealed class DocumentedWorld : IDisposable
{
    const int Interrupt = 2;

    readonly SampleFiles _files = new();
    readonly TestTarget _plain, _other, _managed;
    readonly string _address;
    readonly TracedProgram _traced;

    /// <summary>Not among the files that each command finds anew: it is large.</summary>
    readonly Lazy<string> _managedCore;

    /// <summary>A name that no other process has, those of a second run of these tests included.</summary>
    readonly string _name = $"docs{Environment.ProcessId}";

    public DocumentedWorld()
    {
        var program = _files.Path(_name);
        File.Copy(Path.Combine(Repository.Targets, "cli_texts"), program);
        _plain = TestTarget.Start(program);
        _other = TestTarget.Start("cli_texts");
        _managed = TestTarget.Start(Path.Combine(Repository.Root, "artifacts/bin/ClrTarget/debug/clrtarget"));
        _address = File.ReadLines($"/proc/{_plain.Pid}/maps").First(line => line.EndsWith("[heap]", StringComparison.Ordinal)).Split('-')[0];
        // No browser is started: the first of the PATH is a stand-in.
        var bin = Directory.CreateDirectory(_files.Path("bin")).FullName;
        File.WriteAllText(Path.Combine(bin, "xdg-open"), "#!/bin/sh\n");
        Tool.Output("chmod", "u+x", Path.Combine(bin, "xdg-open"));
        var kept = Directory.CreateDirectory(_files.Path("kept")).FullName;
        using var target = Target.OpenLive($"{_plain.Pid}", "recording");
        _files.Save("kept/long.vmatlas", [.. Enumerable.Range(0, 20).Select(_ => target.Capture(CaptureOptions.Quick, CancellationToken.None))]);
        Snapshot[] whole = [.. Enumerable.Range(0, 2).Select(_ => target.Capture(CaptureOptions.Full with { Heaps = true }, CancellationToken.None))];
        foreach (var file in (string[])["before.vmatlas", "old.vmatlas", "map.vmatlas"])
            _files.Save($"kept/{file}", whole);
        foreach (var file in (string[])["objects.vmatlas", "later.vmatlas"])
            CommandRun.Of("snapshot", $"{_managed.Pid}", "--managed", "-o", Path.Combine(kept, file)).Worked();
        _traced = new TracedProgram(_files.Folder, kept);
        WriteCore(_plain, Path.Combine(kept, "core"));
        _managedCore = new Lazy<string>(() => WriteCore(_managed, _files.Path("managed.core")));
        File.WriteAllBytes(Path.Combine(kept, "crash.dmp"), MinidumpMaker.Make());
        File.Copy(Path.Combine(Repository.Root, "tests/VmAtlas.Capture.Windows.Tests/Samples/kinds.vmcalls"), Path.Combine(kept, $"{_plain.Pid}.vmcalls"));
        using var log = new EtlMaker();
        File.WriteAllBytes(Path.Combine(kept, "heap.etl"), log.Alloc(2_000_000, 100, 7, 0x1_0000, 0x5000, 100).Stack(2_000_000, 100, 7, 0x1234, 0x5678).Make());
        CommandRun.Of("export", $"{_plain.Pid}", "-o", Path.Combine(kept, "devenv.csv")).Worked();
    }

    internal ShellRun Run(string command)
    {
        var line = PutIn(command);
        foreach (var file in Directory.EnumerateFiles(_files.Path("kept")))
            File.Copy(file, _files.Path(Path.GetFileName(file)), overwrite: true); // the command before may have written it anew
        var written = EndsByItself(command) ? null : OutputFile(line);
        if (written is not null)
            File.Delete(_files.Path(written));
        using var shell = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", line.Contains(" > ") ? line : $"exec {line}"])
        {
            WorkingDirectory = _files.Folder, RedirectStandardOutput = true, RedirectStandardError = true,
            Environment = { ["PATH"] = $"{_files.Path("bin")}:{Path.Combine(Repository.Root, "artifacts/bin/VmAtlas.Cli/debug")}:{Environment.GetEnvironmentVariable("PATH")}" },
        })!;
        var error = shell.StandardError.ReadToEndAsync();
        var output = EndsByItself(command) ? shell.StandardOutput.ReadToEnd() : ReadThenInterrupt(shell, written);
        shell.WaitForExit();
        return new ShellRun(line, shell.ExitCode, output, error.GetAwaiter().GetResult());
    }

    static string WriteCore(TestTarget target, string path)
    {
        Tool.Output("gdb", "-p", $"{target.Pid}", "-batch", "-ex", $"gcore {path}");
        return path;
    }

    public void Dispose()
    {
        _managed.Dispose();
        _other.Dispose();
        _plain.Dispose();
        _files.Dispose();
    }

    string PutIn(string command)
    {
        var target = command.StartsWith("vmatlas managed", StringComparison.Ordinal) || command.Contains(" --managed", StringComparison.Ordinal)
            || command.Contains(" --types", StringComparison.Ordinal) ? _managed : _plain;
        if (target == _managed)
            command = command.Replace("before.vmatlas", "objects.vmatlas").Replace(" core", $" {_managedCore.Value}");
        return command.Replace("7f12ab345678", _address).Replace("1234", $"{target.Pid}").Replace("5678", $"{_other.Pid}").Replace("firefox", _name)
            .Replace("dotnet app.dll", $"dotnet {Path.Combine(Repository.Root, "artifacts/bin/ClrTarget/debug/clrtarget.dll")} </dev/null >/dev/null")
            .Replace("5555deadbeef", _traced.Block).Replace("--site 17", $"--site {_traced.Site}")
            .Replace(" 30s", " 500ms").Replace(" 1m", " 1ms").Replace(" 5m", " 250ms").Replace(" 10s", " 1ms").Replace("--port 8123", "--port 0");
    }

    static bool EndsByItself(string command) =>
        command != "vmatlas" && !command.StartsWith("vmatlas open", StringComparison.Ordinal) && !command.StartsWith("vmatlas record", StringComparison.Ordinal);

    static string? OutputFile(string line) => line.Split(' ').SkipWhile(word => word != "-o").Skip(1).FirstOrDefault();

    /// <summary>Waits for the first line, or where a file is written for its first snapshot, and says Ctrl-C.</summary>
    string ReadThenInterrupt(Process shell, string? file)
    {
        var first = "";
        if (file is null)
            first = shell.StandardOutput.ReadLine() + "\n";
        else
            SpinWait.SpinUntil(() => shell.HasExited || IsWritten(_files.Path(file)), TimeSpan.FromSeconds(30));
        Signals.TrySend(shell.Id, Interrupt);
        return first + shell.StandardOutput.ReadToEnd();
    }

    static bool IsWritten(string path)
    {
        Thread.Sleep(20);
        return new FileInfo(path) is { Exists: true, Length: > 1000 };
    }
}
