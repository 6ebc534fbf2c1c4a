using System.CommandLine;
using VmAtlas.Capture;
using VmAtlas.Capture.Clr;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;

namespace VmAtlas.Cli.Verbs;

/// <summary>Saves one snapshot.</summary>
sealed class SnapshotVerb : Verb
{
    readonly Argument<string> _target = TargetArgument();
    readonly Option<string> _output = new("--output", "-o") { Description = "The file to write; one that is there is replaced.", HelpName = "file", Required = true };

    readonly Option<bool> _heaps = HeapsOption();
    readonly Option<bool> _managed = new("--managed") { Description = "Count the objects of a .NET program by type, and keep the count too. Reads its whole heap." };
    readonly Option<bool> _stop = new("--stop") { Description = "Hold the target still meanwhile, so that all is of one moment and its heaps are exact. Says for how long." };
    readonly RuntimeOptions _runtime;

    public SnapshotVerb()
        : base("snapshot", "Save a target's memory map, with everything known of it, to a .vmatlas file.")
    {
        Add(_target);
        Add(_output);
        Add(_heaps);
        Add(_managed);
        Add(_stop);
        _runtime = new RuntimeOptions(this);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas snapshot 1234 -o before.vmatlas", "to look at later, here or elsewhere"),
        new("vmatlas snapshot 1234 --heaps -o before.vmatlas", "with every block of malloc, for 'heap' and 'diff'"),
        new("vmatlas snapshot 1234 --heaps --stop -o exact.vmatlas", "the same of one moment"),
        new("vmatlas snapshot 1234 -o objects.vmatlas --managed", "with its .NET objects: managed 1234 --since objects.vmatlas"),
        new("vmatlas snapshot long.vmatlas@17 -o one.vmatlas", "one snapshot of a recording alone"),
    ];

    public override int Run(ParseResult arguments, Session session)
    {
        var path = arguments.GetRequiredValue(_output);
        var (name, runtime) = (arguments.GetRequiredValue(_target), _runtime.Read(arguments));
        var options = CaptureOptions.Full with { Heaps = arguments.GetValue(_heaps) };
        var (stop, managed) = (arguments.GetValue(_stop), arguments.GetValue(_managed));
        if (stop && runtime.AskRuntime != AskRuntime.Never)
            throw new VmAtlasException(Failure.Usage, "a runtime that is held still by --stop can not answer --ask-runtime or --induce-gc: leave one out");
        using var target = stop ? Target.OpenLive(name, "holding it still") : Target.Open(name, runtime);
        TimeSpan? paused = null;
        Snapshot snapshot;
        if (stop)
            (snapshot, paused) = ((LiveTarget)target).CaptureStopped(options, managed, session.Cancellation);
        else
            snapshot = managed ? target.CaptureObjects(options, session.Cancellation) : target.Capture(options, session.Cancellation);
        TimelineFile.Save(path, snapshot);
        SavedReport.Write(session, arguments.GetValue(Json), path, snapshot, paused: paused);
        return 0;
    }
}
