using System.Text;
using System.Text.Json;
using VmAtlas.Cli.Output;
using VmAtlas.Formats.Export;

namespace VmAtlas.Cli.CommandLine;

/// <summary>What the command runs in: streams, whether they are terminals, the environment. Tests make their own.</summary>
sealed record Surroundings(Stream Out, TextWriter Error)
{
    /// <summary>Columns of the terminal that stdout is; null when it is none.</summary>
    public int? TerminalWidth { get; init; }

    public bool ErrorIsTerminal { get; init; }

    public Func<string, string?> Environment { get; init; } = _ => null;

    public CancellationToken Cancellation { get; init; }
}

/// <summary>One run of one verb: where its text and json go.</summary>
sealed class Session : IDisposable
{
    readonly Surroundings _surroundings;
    readonly StreamWriter _out;

    public Session(Surroundings surroundings, string colour = "auto", int? width = null)
    {
        _surroundings = surroundings;
        _out = new StreamWriter(surroundings.Out, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        Screen = new Screen(_out, Depth(colour), width ?? surroundings.TerminalWidth);
    }

    public Screen Screen { get; }

    public TextWriter Error => _surroundings.Error;

    public CancellationToken Cancellation => _surroundings.Cancellation;

    /// <summary>Progress is shown on a terminal only.</summary>
    public bool ShowsProgress => _surroundings.ErrorIsTerminal;

    public string? Environment(string name) => _surroundings.Environment(name);

    /// <summary>Writes one json value and a line end; indented where a person reads it.</summary>
    public void WriteJson(Action<Utf8JsonWriter> write)
    {
        Flush();
        using (var json = new Utf8JsonWriter(_surroundings.Out, JsonSnapshot.WriterOptions(indented: _surroundings.TerminalWidth is not null)))
            write(json);
        Screen.Line();
    }

    /// <summary>The raw stdout, after everything written so far: for outputs that write bytes of their own.</summary>
    public Stream OutStream()
    {
        Flush();
        return _surroundings.Out;
    }

    /// <summary>A note for people beside the result: stderr.</summary>
    public void Note(string sentence) => Error.WriteLine($"vmatlas: {Escape.Text(sentence)}");

    public void Flush() => _out.Flush();

    public void Dispose() => _out.Dispose();

    /// <summary><c>--color</c> wins over NO_COLOR (no-color.org), which wins over what the terminal says.</summary>
    ColourDepth Depth(string colour)
    {
        var term = Environment("TERM") ?? "";
        var wanted = colour switch
        {
            "always" => true,
            "never" => false,
            _ => _surroundings.TerminalWidth is not null && string.IsNullOrEmpty(Environment("NO_COLOR")) && term != "dumb",
        };
        return !wanted ? ColourDepth.None
            : Environment("COLORTERM") is "truecolor" or "24bit" || term.EndsWith("-direct", StringComparison.Ordinal) ? ColourDepth.TrueColour
            : ColourDepth.Indexed256;
    }
}
