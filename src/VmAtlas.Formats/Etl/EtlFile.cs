using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;

namespace VmAtlas.Formats.Etl;

/// <summary>Turns an event trace log of Windows into a <c>.vmatlas</c> file.</summary>
public static class EtlFile
{
    /// <exception cref="VmAtlasException">It is no such log, or has no operation on memory in it.</exception>
    public static EtlResult Copy(string path, Stream to, string name) => EtlImport.Read(path, new TraceWriter(new TimelineWriter(to, name)));
}
