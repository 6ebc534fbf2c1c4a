using VmAtlas.Model;

namespace VmAtlas.Tracing;

/// <summary>The agent: the shared object that is loaded into a target. It lies beside the program.</summary>
static class AgentFile
{
    public const string Name = "libvmatlas-agent.so";

    /// <exception cref="VmAtlasException">It is not there.</exception>
    public static string Path
    {
        get
        {
            var path = System.IO.Path.Combine(AppContext.BaseDirectory, Name);
            return File.Exists(path)
                ? path
                : throw new VmAtlasException(Failure.General, $"the tracing agent is missing ({path}): build VmAtlas again, with gcc and make installed");
        }
    }
}
