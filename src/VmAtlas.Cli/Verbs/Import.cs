using System.CommandLine;
using VmAtlas.Capture;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats;
using VmAtlas.Formats.Profiles;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;

namespace VmAtlas.Cli.Verbs;

/// <summary>Turns a file of VMMap's, or a csv of ours, into a .vmatlas file.</summary>
sealed class Import : Verb
{
    readonly Argument<string> _file = new("file") { Description = "A .csv of VMMap or of 'vmatlas export', a .mmp, or a trace of heaptrack's (.heaptrack, plain or .gz)." };
    readonly Option<string> _output = new("--output", "-o") { Description = "The .vmatlas file to write.", HelpName = "file", Required = true };
    readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Name every place where the file does not agree with itself." };

    public Import()
        : base("import", "Read VMMap's csv or mmp, or heaptrack's trace, into a .vmatlas file, and say where it does not add up.")
    {
        Add(_file);
        Add(_output);
        Add(_verbose);
    }

    public override IReadOnlyList<Example> Examples => 
    [
        new("vmatlas import devenv.csv -o devenv.vmatlas", "a map from Windows, to show and compare here"),
        new("vmatlas import heaptrack.server.4711.gz -o server.vmatlas", "a trace of heaptrack's, for sites, calltree, leaks"),
    ];

    public override int Run(ParseResult arguments, Session session)
    {
        if (Path.GetFileName(arguments.GetRequiredValue(_file)).Contains("heaptrack", StringComparison.OrdinalIgnoreCase))
            return ImportTrace(arguments.GetRequiredValue(_file), arguments.GetRequiredValue(_output), arguments.GetValue(Json), session);
        using var source = new SavedTarget(new FileSpec(arguments.GetRequiredValue(_file), -1));
        var output = arguments.GetRequiredValue(_output);
        if (source.Timeline.Count == 0)
            throw new VmAtlasException(Failure.BadFile, $"{source.File.Path} has no snapshot in it");
        TimelineFile.Save(output, Enumerable.Range(0, source.Timeline.Count).Select(source.Timeline.Load));
        var last = source.Capture(CaptureOptions.Full, session.Cancellation);
        SavedReport.Write(session, arguments.GetValue(Json), output, last, source.Problems);
        if (!arguments.GetValue(Json))
            ProblemList.Write(session.Screen, last, source.Problems, arguments.GetValue(_verbose));
        return 0;
    }

    static int ImportTrace(string path, string output, bool json, Session session)
    {
        var count = 0L;
        using (var replaced = new ReplacedFile(output))
        {
            count = HeaptrackFile.Copy(path, replaced.Stream, output);
            replaced.Commit();
        }
        if (json)
            session.WriteJson(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("file", output);
                writer.WriteNumber("events", count);
                writer.WriteEndObject();
            });
        else
            session.Screen.Line($"{Escape.Text(output)}: {count:N0} events");
        return 0;
    }
}
