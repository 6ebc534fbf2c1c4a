using System.CommandLine;
using VmAtlas.Capture;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Model;

namespace VmAtlas.Cli.Verbs;

/// <summary>What is at an address.</summary>
sealed class At : Verb
{
    readonly Argument<string> _target = TargetArgument();
    readonly Argument<string> _address = new("address") { Description = "Hexadecimal, with or without 0x." };

    readonly Option<bool> _heaps = HeapsOption();
    readonly Option<string?> _symbols = SymbolFolders.Option();

    public At()
        : base("at", "Say what is at an address: region, block, offset, section or symbol, allocation and its stack, protection, page state, and why.")
    {
        Add(_target);
        Add(_address);
        Add(_heaps);
        Add(_symbols);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas at 1234 7f12ab345678", "a pointer seen in a debugger or a crash report"),
        new("vmatlas at 1234 55d0c0ffee10 --heaps", "and which block of malloc it is in"),
        new("vmatlas at before.vmatlas 0x7f12ab345678 --json", "the same in a saved file, for a program"),
    ];

    public override int Run(ParseResult arguments, Session session)
    {
        var address = AddressArgument.Parse(arguments.GetRequiredValue(_address));
        using var target = Target.Open(arguments.GetRequiredValue(_target));
        var snapshot = target.Capture(CaptureOptions.Full with { Heaps = arguments.GetValue(_heaps) }, session.Cancellation);
        var traced = target is SavedTarget saved && SavedTrace.Beside(saved, snapshot.Process.Pid, SymbolFolders.Named(arguments.GetValue(_symbols), session)) is { } trace
            ? TracedPlace.Find(trace, address) : null;
        var place = new AddressReport(snapshot, address, PageAt(target, address), ((target as ReadableTarget)?.Source as IImageSymbols)?.PlaceInImage(snapshot, address), traced);
        if (arguments.GetValue(Json))
            session.WriteJson(place.WriteJson);
        else
            place.Write(session.Screen);
        return 0;
    }

    /// <summary>The state of the address's page; null for a saved file, and where the system would not say.</summary>
    static PageState? PageAt(Target target, Address address)
    {
        if (target is not ReadableTarget { Source: IPageSource pages })
            return null;
        var start = address.Value & ~(pages.PageSize.Bytes - 1);
        var states = new PageState[1];
        return pages.TryReadPages(AddressRange.Of(start, start + pages.PageSize.Bytes), states) ? states[0] : null;
    }
}
