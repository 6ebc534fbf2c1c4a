using System.Runtime.CompilerServices;

namespace VmAtlas.Cli.Tests;

/// <summary>Output kept in the repository, to be looked at whenever it changes. VMATLAS_UPDATE_GOLDEN=1 writes it anew.</summary>
static class Golden
{
    public static void Check(string name, string output, [CallerFilePath] string caller = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(caller)!, "Golden", name);
        if (Environment.GetEnvironmentVariable("VMATLAS_UPDATE_GOLDEN") == "1")
            File.WriteAllText(path, output);
        File.Exists(path).ShouldBeTrue($"{path} is missing: run the tests once with VMATLAS_UPDATE_GOLDEN=1 and look at what it wrote");
        output.ShouldBe(File.ReadAllText(path), $"{name} differs; when that is meant, VMATLAS_UPDATE_GOLDEN=1 writes it anew");
    }
}
