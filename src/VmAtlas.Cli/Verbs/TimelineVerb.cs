using System.CommandLine;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Model;

namespace VmAtlas.Cli.Verbs;

/// <summary>A recording as series.</summary>
sealed class TimelineVerb : Verb
{
    readonly Argument<string> _file = new("file") { Description = "A recording: x.vmatlas; or a .mmp of VMMap." };
    readonly Option<string> _by = new("--by") { Description = "The measure to follow; totalWs unless given.", HelpName = "measure" };
    readonly Option<bool> _table = new("--table") { Description = "A line for every snapshot, a column for every type." };
    readonly Option<bool> _csv = new("--csv") { Description = "The same as csv, in bytes." };
    readonly Option<int> _height = new("--height") { Description = "Lines of the chart; 12 unless given.", HelpName = "n", DefaultValueFactory = _ => 12 };

    public TimelineVerb()
        : base("timeline", "Show how each type of memory went over the time of a recording: chart, table or csv.")
    {
        _by.CompletionSources.Add(_ => MeasureWord.All);
        Add(_file);
        Add(_by);
        Add(_table);
        Add(_csv);
        Add(_height);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas timeline long.vmatlas", "the chart of the working set"),
        new("vmatlas timeline long.vmatlas --by private --csv", "for a spreadsheet"),
        new("vmatlas timeline long.vmatlas --table", "every snapshot"),
    ];

    public override int Run(ParseResult arguments, Session session)
    {
        var height = arguments.GetValue(_height);
        if (height is < 2 or > 200)
            throw new VmAtlasException(Failure.Usage, $"--height takes a number from 2 to 200, not {height}");
        if (TargetSpec.Parse(arguments.GetRequiredValue(_file)) is not FileSpec file)
            throw new VmAtlasException(Failure.Usage, "timeline takes a saved file: 'vmatlas record' makes one");
        using var saved = new SavedTarget(file);
        if (saved.Timeline.Count == 0)
            throw new VmAtlasException(Failure.BadFile, $"{file.Path} has no whole snapshot in it");
        // Where the system does not tell what is in memory, what it has promised is the next best.
        var usual = saved.Timeline.Load(saved.Timeline.Count - 1).Has(Measure.TotalWs) ? Measure.TotalWs : Measure.Committed;
        var measure = MeasureWord.Read(arguments.GetValue(_by), usual);
        var json = arguments.GetValue(Json);
        var series = json
            ? TimelineSeries.Of(saved.Timeline, session.Cancellation)
            : TimelineSeries.Of(saved.Timeline, session.Cancellation, [.. new[] { measure, Measure.Committed }.Distinct()]);
        var report = new TimelineReport(series, measure);
        if (json)
            session.WriteJson(report.WriteJson);
        else if (arguments.GetValue(_csv))
            report.WriteCsv(session.Screen);
        else if (arguments.GetValue(_table))
            report.WriteTable(session.Screen);
        else
            report.WriteChart(session.Screen, height);
        foreach (var problem in saved.Problems)
            session.Note(problem.Message);
        return 0;
    }
}
