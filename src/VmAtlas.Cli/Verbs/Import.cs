using System.CommandLine;
using VmAtlas.Capture;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats;
using VmAtlas.Formats.Etl;
using VmAtlas.Formats.Profiles;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;

namespace VmAtlas.Cli.Verbs;

/// <summary>Turns a file of VMMap's, or a csv of ours, into a .vmatlas file.</summary>
sealed class Import : Verb
{
    readonly Argument<string> _file = new("file") { Description = "A .csv of VMMap or of 'vmatlas export', a .mmp, a trace of heaptrack's (heaptrack.*, or any .gz or .zst), or an event trace log of Windows (.etl)." };
    readonly Option<string> _output = new("--output", "-o") { Description = "The .vmatlas file to write.", HelpName = "file", Required = true };
    readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Name every place where the file does not agree with itself." };

    public Import()
        : base("import", "Read VMMap's csv or mmp, heaptrack's trace, or an .etl of Windows, into a .vmatlas file, and say where it does not add up.")
    {
        Add(_file);
        Add(_output);
        Add(_verbose);
    }

    public override IReadOnlyList<Example> Examples => 
    [
        new("vmatlas import devenv.csv -o devenv.vmatlas", "a map from Windows, to show and compare here"),
        new("vmatlas import heaptrack.server.4711.zst -o server.vmatlas", "a trace of heaptrack's, for sites, calltree, leaks"),
        new("vmatlas import heap.etl -o heap.vmatlas", "what the processes of a Windows machine did with their heaps and VirtualAlloc"),
    ];

    public override int Run(ParseResult arguments, Session session)
    {
        var (path, output) = (arguments.GetRequiredValue(_file), arguments.GetRequiredValue(_output));
        if (HeaptrackFile.IsNamedSo(path))
            return ImportTrace(output, arguments.GetValue(Json), session, to => HeaptrackFile.Copy(path, to, output));
        if (EtlImport.IsNamedSo(path))
            return ImportTrace(output, arguments.GetValue(Json), session, to => CopyLog(path, to, output, session));
        using var source = new SavedTarget(new FileSpec(path, -1));
        if (source.Timeline.Count == 0)
            throw new VmAtlasException(Failure.BadFile, $"{source.File.Path} has no snapshot in it");
        TimelineFile.Save(output, Enumerable.Range(0, source.Timeline.Count).Select(source.Timeline.Load));
        var last = source.Capture(CaptureOptions.Full, session.Cancellation);
        SavedReport.Write(session, arguments.GetValue(Json), output, last, source.Problems);
        if (!arguments.GetValue(Json))
            ProblemList.Write(session.Screen, last, source.Problems, arguments.GetValue(_verbose));
        return 0;
    }

    /// <summary>A log can have many processes: how many were told is said, and what is missing.</summary>
    static long CopyLog(string path, Stream to, string output, Session session)
    {
        var result = EtlFile.Copy(path, to, output);
        session.Note($"{result.Programs:N0} processes: --pid with sites and the others chooses one");
        if (result.LeftOut > 0)
            session.Note($"{result.LeftOut:N0} more, with the fewest operations, were left out");
        if (result.IsCut)
            session.Note("the log was cut off within a buffer: what it had before that is there");
        return result.Operations;
    }

    static int ImportTrace(string output, bool json, Session session, Func<Stream, long> copy)
    {
        var count = 0L;
        using (var replaced = new ReplacedFile(output))
        {
            count = copy(replaced.Stream);
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
