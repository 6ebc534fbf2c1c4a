using System.CommandLine;
using System.Text;
using VmAtlas.Capture;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats;
using VmAtlas.Formats.Export;
using VmAtlas.Formats.Profiles;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmmap;
using VmAtlas.Model;
using VmAtlas.Web.Reports;

namespace VmAtlas.Cli.Verbs;

/// <summary>Writes a snapshot in another format.</summary>
sealed class Export : Verb
{
    static readonly string[] s_formats = ["csv", "txt", "json", "html", "vmatlas", .. ProfileFormat.All];

    readonly Argument<string> _target = TargetArgument();
    readonly Option<string> _output = new("--output", "-o") { Description = "The file to write; - for stdout.", HelpName = "file", Required = true };
    readonly Option<string> _format = new("--format", "-f") { Description = "csv, txt, json, html or vmatlas; of a trace pprof, collapsed, speedscope or heaptrack; else the file's extension says.", HelpName = "format" };
    readonly Option<bool> _gaps = new("--free") { Description = "List free and unusable ranges too (csv and txt)." };

    public Export()
        : base("export", "Write a memory map as csv or text in VMMap's layout, as json, as a web page that needs no server, or as .vmatlas; a trace for other tools.")
    {
        _format.CompletionSources.Add(s_formats);
        Add(_target);
        Add(_output);
        Add(_format);
        Add(_gaps);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas export 1234 -o map.csv", "for a spreadsheet"),
        new("vmatlas export before.vmatlas -o before.json", "with regions and blocks, bytes as numbers"),
        new("vmatlas export long.vmatlas -o long.html", "every snapshot with its views in one file, for a bug report"),
        new("vmatlas export 1234 -f txt -o -", "to stdout"),
        new("vmatlas export run.vmatlas -o run.pb.gz", "a trace for go tool pprof; .collapsed, .speedscope.json and .heaptrack likewise"),
    ];

    public override int Run(ParseResult arguments, Session session)
    {
        var path = arguments.GetRequiredValue(_output);
        var format = arguments.GetValue(_format) ?? FormatOf(path);
        if (!s_formats.Contains(format))
            throw new VmAtlasException(Failure.Usage, $"there is no format '{format}': {string.Join(", ", s_formats)} can be written");
        var name = arguments.GetRequiredValue(_target);
        if (ProfileFormat.All.Contains(format))
            return ExportTrace(name, format, path, arguments.GetValue(Json), session);
        using var target = Target.Open(name);
        var snapshot = target.Capture(CaptureOptions.Full, session.Cancellation);
        Action<Stream> write = format == "html"
            ? stream => HtmlReport.Write(TimelineOf(target, name, snapshot), TitleOf(target, snapshot), stream, target is SavedTarget { File.Path: var file } && TimelineFile.IsOne(file) ? file : null)
            : stream => Write(snapshot, stream, format, arguments.GetValue(_gaps), target);
        if (path == "-")
        {
            write(session.OutStream());
            return 0;
        }
        if (format == "vmatlas")
            TimelineFile.Save(path, snapshot);
        else
            Replace(path, write);
        SavedReport.Write(session, arguments.GetValue(Json), path, snapshot);
        return 0;
    }

    static int ExportTrace(string name, string format, string path, bool json, Session session)
    {
        var packed = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        if (path == "-")
        {
            ProfileFormat.Write(name, format, packed, session.OutStream(), session);
            return 0;
        }
        Replace(path, stream => ProfileFormat.Write(name, format, packed, stream, session));
        if (json)
            session.WriteJson(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("file", path);
                writer.WriteString("format", format);
                writer.WriteEndObject();
            });
        else
            session.Screen.Line($"{Escape.Text(path)}: {format}");
        return 0;
    }

    /// <summary>All snapshots of a file of which none was chosen with @; else the one.</summary>
    static Timeline TimelineOf(Target target, string name, Snapshot snapshot) =>
        target is SavedTarget saved && saved.File.Path == name ? saved.Timeline : Timeline.Of([snapshot]);

    static string TitleOf(Target target, Snapshot snapshot) =>
        target is SavedTarget saved ? Path.GetFileName(saved.File.Path) : $"{snapshot.Process.Name} ({snapshot.Process.Pid})";

    static string FormatOf(string path)
    {
        if (ProfileFormat.OfFile(path) is { } profile)
            return profile;
        var extension = Path.GetExtension(path).TrimStart('.').ToLowerInvariant();
        return extension switch
        {
            "" => throw new VmAtlasException(Failure.Usage, $"'{path}' has no extension to say the format: add one, or --format {string.Join('|', s_formats)}"),
            "mmp" => throw new VmAtlasException(Failure.Usage, ".mmp can be read but not written, because its format is not published: write .vmatlas, .csv, .txt, .json or .html"),
            _ => extension,
        };
    }

    static void Replace(string path, Action<Stream> write)
    {
        using var file = new ReplacedFile(path);
        write(file.Stream);
        file.Commit();
    }

    static void Write(Snapshot snapshot, Stream stream, string format, bool gaps, Target target)
    {
        switch (format)
        {
            case "json":
                var trace = target is SavedTarget saved ? SavedTrace.Beside(saved, snapshot.Process.Pid, null) : null;
                JsonSnapshot.Write(snapshot, stream, new JsonOptions { Blocks = true, Makers = trace is null ? null : new RegionMakers(trace) });
                stream.Write("\n"u8);
                break;
            case "vmatlas":
                throw new VmAtlasException(Failure.Usage, ".vmatlas is written to a file only: name one with -o");
            default:
                using (var text = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" })
                {
                    if (format == "csv")
                        VmmapCsv.Write(snapshot, text, gaps);
                    else
                        VmmapText.Write(snapshot, text, gaps);
                }
                break;
        }
    }
}
