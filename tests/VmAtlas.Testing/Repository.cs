namespace VmAtlas.Testing;

/// <summary>Where the sources and the built test targets are.</summary>
public static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>The C programs of <c>tests/targets</c>, built by its Makefile.</summary>
    public static string Targets => Path.Combine(Root, "artifacts", "targets");

    static string Find(string folder)
    {
        while (!File.Exists(Path.Combine(folder, "VmAtlas.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests do not run from within the repository");
        return folder;
    }
}
