using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary>Saved files of made-up processes, in a folder that goes away with the test.</summary>
public sealed class SampleFiles : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("vmatlas-").FullName;

    public string Path(string name) => System.IO.Path.Combine(Folder, name);

    /// <summary>The sample process, saved as <c>sample.vmatlas</c>.</summary>
    public string Sample() => Save("sample.vmatlas", Snapshots.Sample().Make());

    public string Save(string name, params Snapshot[] snapshots)
    {
        TimelineFile.Save(Path(name), snapshots);
        return Path(name);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
