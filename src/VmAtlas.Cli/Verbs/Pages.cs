using System.CommandLine;
using VmAtlas.Capture;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Model;

namespace VmAtlas.Cli.Verbs;

/// <summary>The state of single pages.</summary>
sealed class Pages : Verb
{
    readonly Argument<string> _target = TargetArgument();
    readonly Argument<string> _what = new("address or filter")
    {
        Description = "The region that holds an address, or all that fit a filter (vmatlas help filter).",
    };

    public Pages()
        : base("pages", "Show the state of each page of a live process's regions, as a strip and as counts.")
    {
        Add(_target);
        Add(_what);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas pages 1234 7f12ab345678", "one region"),
        new("vmatlas pages 1234 'type = heap'", "all heaps"),
        new("vmatlas pages 1234 'type = stack' --json", "runs of equal pages, for a program"),
    ];

    public override string Notes =>
        "Zero is the kernel's shared zero page: read, never written, not counted in Total WS. Dirty means written since the last "
        + "'vmatlas mark', where the kernel tracks that. Huge pages are told apart where the kernel tells.";

    public override int Run(ParseResult arguments, Session session)
    {
        var what = arguments.GetRequiredValue(_what);
        using var target = Target.OpenLive(arguments.GetRequiredValue(_target), "looking at its pages");
        var snapshot = target.Capture(CaptureOptions.Quick, session.Cancellation);
        var report = new PageReport(snapshot, target.Source.Require<IPageSource>("looking at its pages"), session.Cancellation);
        var regions = Choose(snapshot, what);
        if (arguments.GetValue(Json))
            session.WriteJson(json => report.WriteJson(json, regions));
        else
            report.Write(session.Screen, regions);
        return 0;
    }

    static int[] Choose(Snapshot snapshot, string what)
    {
        if (Address.TryParse(what, out var address))
            return [AddressArgument.Region(snapshot, address).Index];
        var chosen = FilterExpression.Parse(what).Select(new SnapshotRows(snapshot, RowLevel.Region));
        return chosen.Length > 0 ? chosen : throw new VmAtlasException(Failure.NotFound, $"no region fits '{what}'");
    }
}
