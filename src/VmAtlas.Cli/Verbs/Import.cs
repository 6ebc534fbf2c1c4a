using System.CommandLine;
using VmAtlas.Capture;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;

namespace VmAtlas.Cli.Verbs;

/// <summary>Turns a file of VMMap's, or a csv of ours, into a .vmatlas file.</summary>
sealed class Import : Verb
{
    readonly Argument<string> _file = new("file") { Description = "A .csv of VMMap or of 'vmatlas export', or a .mmp." };
    readonly Option<string> _output = new("--output", "-o") { Description = "The .vmatlas file to write.", HelpName = "file", Required = true };
    readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Name every place where the file does not agree with itself." };

    public Import()
        : base("import", "Read VMMap's csv or mmp into a .vmatlas file, and say where its rows do not add up.")
    {
        Add(_file);
        Add(_output);
        Add(_verbose);
    }

    public override IReadOnlyList<Example> Examples => [new("vmatlas import devenv.csv -o devenv.vmatlas", "a map from Windows, to show and compare here")];

    public override int Run(ParseResult arguments, Session session)
    {
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
}
