using System.CommandLine;
using System.Globalization;
using VmAtlas.Capture;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;

namespace VmAtlas.Cli.Verbs;

/// <summary>Keeps a snapshot every second or so, until told to stop or until the target ends.</summary>
sealed class Record : Verb
{
    readonly Argument<string> _target = TargetArgument();
    readonly Option<string> _output = new("--output", "-o") { Description = "The file to write; one that is there begins anew.", HelpName = "file", Required = true };
    readonly Option<string> _every = new("--every") { Description = "From one snapshot to the next: 500ms, 1s, 5m; 1s unless given.", HelpName = "time", DefaultValueFactory = _ => "1s" };
    readonly Option<string?> _for = new("--for") { Description = "How long: 10m, 2h; until Ctrl-C or the target's end unless given.", HelpName = "time" };

    public Record()
        : base("record", "Record a live process's memory map over time.")
    {
        Add(_target);
        Add(_output);
        Add(_every);
        Add(_for);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas record 1234 -o long.vmatlas", "a snapshot a second until Ctrl-C"),
        new("vmatlas record 1234 -o day.vmatlas --every 1m --for 24h", "a day"),
    ];

    public override string Notes =>
        "At most a twentieth of the time is spent reading the target; where a snapshot takes long, the interval stretches. "
        + "Every snapshot is in the file, whole, as soon as it is taken: whatever ends the recording, those before can be read.";

    public override int Run(ParseResult arguments, Session session)
    {
        var path = arguments.GetRequiredValue(_output);
        var options = new RecorderOptions
        {
            Interval = Durations.Parse(arguments.GetRequiredValue(_every), "--every"),
            Duration = arguments.GetValue(_for) is { } length ? Durations.Parse(length, "--for") : null,
        };
        using var target = Target.OpenLive(arguments.GetRequiredValue(_target), "recording");
        using var writer = TimelineFile.Create(path);
        using var stop = new StopSignals(session.Cancellation);
        var recorder = new Recorder(target.Pipeline(CaptureOptions.Quick).Capture, writer.Append, options);
        using var progress = new ProgressLine(session);
        recorder.Stretched += interval => progress.Note($"reading takes long here: a snapshot every {Durations.Text(interval)} keeps it to a twentieth of the time");
        recorder.Kept += count => progress.Show(string.Create(CultureInfo.InvariantCulture,
            $"{count:N0} snapshots, {Figures.Short(new ByteSize((ulong)new FileInfo(path).Length))} (Ctrl-C ends)"));
        var report = recorder.RunAsync(stop.Token).GetAwaiter().GetResult();
        progress.Clear();
        Report(session, arguments.GetValue(Json), path, report);
        return report.Error is { } error ? throw new VmAtlasException(error.Failure, error.Message, error) : 0;
    }

    static void Report(Session session, bool json, string path, RecordingReport report)
    {
        var end = report.End switch
        {
            RecordingEnd.Duration => "the time was over",
            RecordingEnd.Cancelled => "ended by the user",
            RecordingEnd.TargetEnded => "the target ended",
            _ => "it failed",
        };
        var bytes = new FileInfo(path).Length;
        var share = report.Took > TimeSpan.Zero ? report.Reading / report.Took : 0;
        if (json)
            session.WriteJson(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("file", path);
                writer.WriteNumber("bytes", bytes);
                writer.WriteNumber("snapshots", report.Snapshots);
                writer.WriteString("end", end);
                writer.WriteNumber("seconds", report.Took.TotalSeconds);
                writer.WriteNumber("secondsReading", report.Reading.TotalSeconds);
                writer.WriteEndObject();
            });
        else
            session.Screen.Line(Escape.Text(path) + string.Create(CultureInfo.InvariantCulture,
                $": {report.Snapshots:N0} {(report.Snapshots == 1 ? "snapshot" : "snapshots")} in {Durations.Text(report.Took)}, {share * 100:0.0} % of it reading, {Figures.Short(new ByteSize((ulong)bytes))}; {end}"));
    }
}
