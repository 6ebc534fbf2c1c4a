using VmAtlas.Testing;

namespace VmAtlas.Formats.Tests;

/// <summary>Compares with a file of <c>Samples/</c>. <c>VMATLAS_UPDATE_GOLDEN=1</c> writes it anew; then read the difference before you commit it.</summary>
static class Golden
{
    public static string PathOf(string name) => Path.Combine(Repository.Root, "tests", "VmAtlas.Formats.Tests", "Samples", name);

    public static void ShouldMatch(string actual, string name)
    {
        if (Environment.GetEnvironmentVariable("VMATLAS_UPDATE_GOLDEN") == "1")
            File.WriteAllText(PathOf(name), actual);
        actual.ShouldBe(File.ReadAllText(PathOf(name)), name);
    }
}
