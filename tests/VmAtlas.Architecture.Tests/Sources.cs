using System.Diagnostics;
using VmAtlas.Testing;

namespace VmAtlas.Architecture.Tests;

/// <summary>The files git tracks, as absolute paths.</summary>
static class Sources
{
    static readonly Lazy<string[]> s_all = new(() =>
    {
        var git = Process.Start(new ProcessStartInfo("git", ["-C", Repository.Root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]) { RedirectStandardOutput = true })!;
        var names = git.StandardOutput.ReadToEnd().Split('\0', StringSplitOptions.RemoveEmptyEntries);
        git.WaitForExit();
        git.ExitCode.ShouldBe(0, "the tests need the repository's list of files");
        return [.. names.Select(n => Path.Combine(Repository.Root, n)).Where(File.Exists)];
    });

    public static string[] All => s_all.Value;

    public static IEnumerable<string> CSharp(string folder = "") =>
        All.Where(f => f.EndsWith(".cs", StringComparison.Ordinal) && f.StartsWith(Path.Combine(Repository.Root, folder), StringComparison.Ordinal));
}
