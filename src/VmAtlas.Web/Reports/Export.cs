using System.Text;
using VmAtlas.Formats.Export;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmmap;
using VmAtlas.Model;
using VmAtlas.Web.Sessions;

namespace VmAtlas.Web.Reports;

/// <summary>Writes what a session has into a file, whose ending says as what.</summary>
static class Export
{
    /// <param name="index">One snapshot; null for all of them, which <c>.vmatlas</c> and <c>.html</c> can hold.</param>
    /// <exception cref="VmAtlasException">An ending that stands for nothing, or the file can not be written.</exception>
    public static void Save(Session session, int? index, string path)
    {
        var newest = index ?? session.Timeline.Count - 1;
        try
        {
            switch (Path.GetExtension(path).ToLowerInvariant())
            {
                case TimelineFile.Extension when index is null && session.Traces.Count > 0:
                    session.Traces.SaveTo(path);
                    break;
                case TimelineFile.Extension:
                    TimelineFile.Save(path, Snapshots(session, index));
                    break;
                case ".html":
                    Write(path, stream => HtmlReport.Write(index is { } one ? Timeline.Of([session.Load(one)]) : session.Timeline, session.Title, session.Traces, stream));
                    break;
                case ".json":
                    Write(path, stream => JsonSnapshot.Write(session.Load(newest), stream, new JsonOptions(Blocks: true, Indented: true)));
                    break;
                case ".csv":
                    WriteText(path, text => VmmapCsv.Write(session.Load(newest), text));
                    break;
                case ".txt":
                    WriteText(path, text => VmmapText.Write(session.Load(newest), text));
                    break;
                default:
                    throw new VmAtlasException(Failure.Usage, $"{path}: the name has to end in .vmatlas, .html, .csv, .txt or .json");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VmAtlasException(Failure.General, $"{path} could not be written: {e.Message}", e);
        }
    }

    static IEnumerable<Snapshot> Snapshots(Session session, int? index)
    {
        for (var i = index ?? 0; i <= (index ?? session.Timeline.Count - 1); i++)
            yield return session.Load(i);
    }

    static void Write(string path, Action<Stream> write)
    {
        using var stream = File.Create(path);
        write(stream);
    }

    static void WriteText(string path, Action<TextWriter> write)
    {
        using var text = new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        write(text);
    }
}
