using System.ComponentModel;
using System.Diagnostics;
using VmAtlas.Model;
using VmAtlas.Tracing;
using VmAtlas.Web.Api;

namespace VmAtlas.Web.Sessions;

/// <summary>Starts a program to be looked at. It writes to the terminal of vmatlas, reads nothing, and goes on when vmatlas ends.</summary>
static class Launcher
{
    /// <returns>Its pid.</returns>
    /// <exception cref="VmAtlasException">It can not be started.</exception>
    public static int Start(LaunchRequest request)
    {
        if (OperatingSystem.IsLinux())
            return StartOnLinux(request);
        var start = new ProcessStartInfo(request.Program, request.Arguments ?? []) { RedirectStandardInput = true, UseShellExecute = false };
        if (!string.IsNullOrWhiteSpace(request.Folder))
            start.WorkingDirectory = request.Folder;
        foreach (var (name, value) in request.Environment ?? [])
            start.Environment[name] = value;
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            return process.Id;
        }
        catch (Exception e) when (e is Win32Exception or ArgumentException or InvalidOperationException)
        {
            throw new VmAtlasException(Failure.NotFound, $"{request.Program} could not be started: {e.Message}", e);
        }
    }

    /// <summary>Not as a <see cref="Process"/>: the runtime, which waits for its own children, would now and then take a stop of a program that is attached to for its end.</summary>
    static int StartOnLinux(LaunchRequest request)
    {
        var folder = string.IsNullOrWhiteSpace(request.Folder) ? null : request.Folder;
        var program = StartedProgram.Start([request.Program, .. request.Arguments ?? []], request.Environment ?? [], folder, noInput: true);
        new Thread(() => program.Wait()) { IsBackground = true, Name = "launched program" }.Start();
        return program.Pid;
    }
}
