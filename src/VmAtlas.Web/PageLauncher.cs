using System.Diagnostics;
using System.Text.Encodings.Web;

namespace VmAtlas.Web;

/// <summary>Opens the page in the user's browser without the token being seen by others: it is on no command line, because the
/// browser is given a file that only the user can read, which forwards to the address.</summary>
public sealed class PageLauncher : IDisposable
{
    readonly string _file;

    PageLauncher(string file) => _file = file;

    /// <summary>Starts the browser, or says why it was not started: nobody would see it, or it should not run as root.</summary>
    public static PageLauncher? TryOpen(string pageUrl, Func<string, string?> environment, out string? whyNot)
    {
        whyNot = WhyNot(environment);
        if (whyNot is not null)
            return null;
        var launcher = new PageLauncher(WriteForward(pageUrl, environment("XDG_RUNTIME_DIR")));
        try
        {
            using var opener = Process.Start(Opener(launcher._file));
            return launcher;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            launcher.Dispose();
            whyNot = $"no browser could be started ({e.Message})";
            return null;
        }
    }

    static ProcessStartInfo Opener(string file) => OperatingSystem.IsWindows()
        ? new ProcessStartInfo(file) { UseShellExecute = true }
        : new ProcessStartInfo("xdg-open", [file]) { RedirectStandardOutput = true, RedirectStandardError = true };

    /// <summary>Removes the file; called when the page has come, and at the end in any case.</summary>
    public void Dispose() => File.Delete(_file);

    internal static string? WhyNot(Func<string, string?> environment) =>
        OperatingSystem.IsWindows() ? null
        : environment("SUDO_UID") is not null || Environment.UserName == "root" ? "a browser should not run as root"
        : string.IsNullOrEmpty(environment("DISPLAY")) && string.IsNullOrEmpty(environment("WAYLAND_DISPLAY")) ? "there is no display here"
        : null;

    /// <summary>A page of mode 0600 that leads to the address, fragment and all.</summary>
    internal static string WriteForward(string pageUrl, string? runtimeFolder)
    {
        var folder = Directory.Exists(runtimeFolder) ? runtimeFolder : Path.GetTempPath();
        var path = Path.Combine(folder, $"vmatlas-{Path.GetRandomFileName()}.html");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) // where temporary folders are the user's own
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var stream = new FileStream(path, options);
        using var writer = new StreamWriter(stream);
        writer.Write($"""<!doctype html><meta charset="utf-8"><title>VmAtlas</title><meta http-equiv="refresh" content="0;url={HtmlEncoder.Default.Encode(pageUrl)}">""");
        return path;
    }
}
