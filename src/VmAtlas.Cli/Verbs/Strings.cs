using System.CommandLine;
using System.Text.Json;
using System.Text.RegularExpressions;
using VmAtlas.Capture;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Targets;
using VmAtlas.Model;

namespace VmAtlas.Cli.Verbs;

/// <summary>Printable texts in a live process's memory.</summary>
sealed class Strings : Verb
{
    const int DefaultLeast = 6;
    const string Need = "reading its strings";

    readonly Argument<string> _target = TargetArgument();
    readonly Argument<string?> _address = new("address") { Description = "Only the region that holds this address.", Arity = ArgumentArity.ZeroOrOne };
    readonly RowOptions _rows;
    readonly Option<int> _least = new("--min", "-n") { Description = $"The fewest characters worth showing; {DefaultLeast} unless given.", HelpName = "n", DefaultValueFactory = _ => DefaultLeast };
    readonly Option<string> _grep = new("--grep", "-g") { Description = "Only texts that match a regular expression (without look-around and back-references).", HelpName = "regex" };
    readonly Option<bool> _ignoreCase = new("--ignore-case", "-i") { Description = "Case does not matter to --grep." };

    public Strings()
        : base("strings", "List printable texts in the memory of a live process or a dump, reading only what is present.")
    {
        Add(_target);
        Add(_address);
        _rows = new RowOptions(this, sorts: false);
        Add(_least);
        Add(_grep);
        Add(_ignoreCase);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas strings 1234 --type heap -n 12", "what a heap says"),
        new("vmatlas strings 1234 --grep 'https?://' -i", "addresses of the web, anywhere"),
        new("vmatlas strings 1234 7f12ab345678", "one region"),
    ];

    public override string Notes =>
        "Each line is the address, the region's letter, a for ASCII or u for UTF-16, and the text. "
        + "No page is made resident by looking: what is swapped out or was never touched is not read.";

    public override int Run(ParseResult arguments, Session session)
    {
        var least = arguments.GetValue(_least);
        if (least is < 1 or > StringScanner.LongestRun)
            throw new VmAtlasException(Failure.Usage, $"-n takes a number from 1 to {StringScanner.LongestRun}, not {least}");
        var pattern = arguments.GetValue(_grep) is { } grep ? Compile(grep, arguments.GetValue(_ignoreCase)) : null;
        var choice = _rows.Read(arguments);
        using var target = Target.OpenReadable(arguments.GetRequiredValue(_target), Need);
        var snapshot = target.Capture(CaptureOptions.Quick, session.Cancellation);
        var regions = arguments.GetValue(_address) is { } address
            ? [AddressArgument.Region(snapshot, AddressArgument.Parse(address)).Index]
            : choice.Select(snapshot);
        if (arguments.GetValue(Json))
            session.WriteJson(json => WriteJson(json, target, snapshot, regions, least, pattern, session.Cancellation));
        else
            WriteText(session.Screen, target, snapshot, regions, least, pattern, session.Cancellation);
        return 0;
    }

    static void WriteText(
        Screen screen, ReadableTarget target, Snapshot snapshot, int[] regions, int least, Regex? pattern, CancellationToken cancellation)
    {
        var (cell, type) = (new Cell(), MemoryType.Free);
        var scanner = new StringScanner(target.Source.Require<IMemorySource>(Need), target.Source as IPageSource, least, (address, encoding, text) =>
        {
            if (pattern is not null && !pattern.IsMatch(text))
                return;
            cell.Clear();
            cell.Append($"{address.Value:x12}");
            screen.Write(cell.Text, Palette.Muted);
            screen.Write([' ', Palette.Letter(type), ' ', encoding == StringEncoding.Ascii ? 'a' : 'u', ' '], new Ink(Palette.Colour(type)));
            screen.Line(Escape.Text(text.ToString()));
        });
        foreach (var region in regions)
        {
            type = snapshot.Regions.Types[region];
            Scan(scanner, snapshot, region, cancellation);
        }
    }

    static void WriteJson(
        Utf8JsonWriter json, ReadableTarget target, Snapshot snapshot, int[] regions, int least, Regex? pattern, CancellationToken cancellation)
    {
        const int Enough = 1 << 16;
        json.WriteStartObject();
        json.WriteStartArray("strings");
        var scanner = new StringScanner(target.Source.Require<IMemorySource>(Need), target.Source as IPageSource, least, (address, encoding, text) =>
        {
            if (pattern is not null && !pattern.IsMatch(text))
                return;
            json.WriteStartObject();
            json.WriteString("address", $"0x{address.Value:x}");
            json.WriteString("encoding", encoding == StringEncoding.Ascii ? "ascii" : "utf-16");
            json.WriteString("text", text);
            json.WriteEndObject();
            if (json.BytesPending > Enough)
                json.Flush();
        });
        foreach (var region in regions)
            Scan(scanner, snapshot, region, cancellation);
        json.WriteEndArray();
        json.WriteNumber("bytesRead", scanner.BytesRead);
        json.WriteEndObject();
    }

    /// <summary>Block by block, so that a text does not run on from one thing into the next.</summary>
    static void Scan(StringScanner scanner, Snapshot snapshot, int region, CancellationToken cancellation)
    {
        foreach (var block in snapshot.RegionAt(region).Blocks)
        {
            if (block.Get(Measure.TotalWs) > 0 || !snapshot.Has(Measure.TotalWs))
                scanner.Scan(block.Range, cancellation);
        }
    }

    static Regex Compile(string pattern, bool ignoreCase)
    {
        try
        {
            var options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
            return new Regex(pattern, ignoreCase ? options | RegexOptions.IgnoreCase : options);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new VmAtlasException(Failure.Usage, $"--grep takes a regular expression: {e.Message}", e);
        }
    }
}
