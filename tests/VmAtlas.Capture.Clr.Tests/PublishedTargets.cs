using System.Collections.Concurrent;
using System.Diagnostics;

namespace VmAtlas.Capture.Clr.Tests;

/// <summary>Other ways to publish <c>clrtarget</c>, made when first needed and kept until the program changes.</summary>
static class PublishedTargets
{
    static readonly Dictionary<string, string[]> s_ways = new()
    {
        ["self-contained"] = ["--self-contained"],
        ["single-file"] = ["--self-contained", "-p:PublishSingleFile=true"],
        ["framework-dependent single-file"] = ["--no-self-contained", "-p:PublishSingleFile=true"],
        [".NET 8"] = ["--self-contained", "-p:ClrTargetFramework=net8.0"],
        [".NET 9"] = ["--self-contained", "-p:ClrTargetFramework=net9.0"],
    };

    static readonly ConcurrentDictionary<string, Lazy<string>> s_made = new();

    /// <summary>The program's path. A way that can not be published here (its packages are not to be had) skips the test and says why.</summary>
    public static string Get(string way)
    {
        var made = s_made.GetOrAdd(way, w => new Lazy<string>(() => Publish(w))).Value;
        Assert.SkipUnless(File.Exists(made), $"{way} could not be published here: {made}");
        return made;
    }

    /// <summary>The path, or what went wrong.</summary>
    static string Publish(string way)
    {
        var project = Path.Combine(Repository.Root, "tests/targets-dotnet/ClrTarget");
        var folder = Path.Combine(Repository.Root, "artifacts/targets-dotnet", way.Replace(' ', '-'));
        var program = Path.Combine(folder, "out/clrtarget");
        if (File.Exists(program) && Directory.GetFiles(project).All(f => File.GetLastWriteTimeUtc(f) < File.GetLastWriteTimeUtc(program)))
            return program;
        // A lock file of its own, because another runtime identifier would change the repository's.
        using var publish = Process.Start(new ProcessStartInfo("dotnet",
        [
            "publish", project, "-c", "Release", "-r", "linux-x64", "-v", "quiet", "--nologo", "--artifacts-path", folder, "-o", Path.Combine(folder, "out"),
            $"-p:NuGetLockFilePath={folder}/packages.lock.json", .. s_ways[way],
        ]) { RedirectStandardOutput = true })!;
        var said = publish.StandardOutput.ReadToEnd();
        publish.WaitForExit();
        if (publish.ExitCode != 0)
            return said;
        File.SetLastWriteTimeUtc(program, DateTime.UtcNow);
        return program;
    }
}
