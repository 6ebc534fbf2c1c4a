using System.ComponentModel;
using System.Diagnostics;
using VmAtlas.Model;
using VmAtlas.Web.Api;

namespace VmAtlas.Web.Sessions;

/// <summary>Starts a program to be looked at. It writes to the terminal of vmatlas, reads nothing, and goes on when vmatlas ends.</summary>
static class Launcher
{
    /// <returns>Its pid.</returns>
    /// <exception cref="VmAtlasException">It can not be started.</exception>
    public static int Start(LaunchRequest request)
    {
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
}
