using VmAtlas.Model;

namespace VmAtlas.Cli.Targets;

/// <summary>Finds the one process of a name.</summary>
static class ProcessName
{
    public static int Find(string name) => throw new VmAtlasException(Failure.NotFound, $"there is no process named '{name}'");
}
