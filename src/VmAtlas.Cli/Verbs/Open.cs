using System.CommandLine;
using System.Runtime.InteropServices;
using VmAtlas.Cli.CommandLine;
using VmAtlas.Cli.Targets;
using VmAtlas.Model;
using VmAtlas.Web;

namespace VmAtlas.Cli.Verbs;

/// <summary>Starts the server and opens the page.</summary>
sealed class Open : Verb
{
    readonly Argument<string?> _target = new("target")
    {
        Description = "What to open; without one the page asks.",
        Arity = ArgumentArity.ZeroOrOne,
        CompletionSources = { TargetCompletion.Complete },
    };

    readonly Option<bool> _noBrowser = new("--no-browser") { Description = "Print the page's address and start no browser." };
    readonly Option<int> _port = new("--port") { Description = "The port on 127.0.0.1; the system chooses one otherwise.", HelpName = "n" };
    readonly Option<string?> _symbols = SymbolFolders.Option();

    public Open()
        : base("open", "Show a target in the browser: VMMap's window, live.")
    {
        Add(_target);
        Add(_noBrowser);
        Add(_port);
        Add(_symbols);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new("vmatlas", "choose a process in the browser"),
        new("vmatlas open 1234", "a process"),
        new("vmatlas open long.vmatlas", "a recording"),
        new("vmatlas open core", "a core of Linux or a minidump of Windows"),
        new("vmatlas open --no-browser --port 8123", "over ssh: forward the port with ssh -L 8123:127.0.0.1:8123"),
    ];

    public override string Notes =>
        "The server listens on 127.0.0.1 only, answers only to who has the address it prints, and ends with Ctrl-C or some minutes after the last page was closed.";

    public override int Run(ParseResult arguments, Session session)
    {
        var options = new WebServerOptions
        {
            Platform = Platform.Current,
            ReadDump = DumpFile.Read,
            Port = arguments.GetValue(_port),
            SettingsPath = SymbolFolders.ConfigurationFolder(session) is { } folder ? Path.Combine(folder, "page.json") : null,
            Symbols = SymbolFolders.Given(arguments.GetValue(_symbols), session),
            SymbolsPath = SymbolFolders.List(session)?.Path,
            Log = session.Note,
        };
        RunAsync(arguments, session, options).GetAwaiter().GetResult();
        return 0;
    }

    async Task RunAsync(ParseResult arguments, Session session, WebServerOptions options)
    {
        await using var server = await WebServer.StartAsync(options, session.Cancellation);
        if (arguments.GetValue(_target) is { } target)
            await OpenTarget(server, target, session.Cancellation);
        if (arguments.GetValue(Json))
            session.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteString("url", server.PageUrl);
                json.WriteEndObject();
            });
        else
            session.Screen.Line($"The page is at {server.PageUrl}");
        session.Flush();
        string? whyNot = null;
        using var browser = arguments.GetValue(_noBrowser) ? null : PageLauncher.TryOpen(server.PageUrl, session.Environment, out whyNot);
        if (whyNot is not null)
            session.Note($"{whyNot}: open the address above in a browser");
        server.FirstUse += () => browser?.Dispose();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        await server.Completion;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            _ = server.StopAsync();
        }
    }

    static Task OpenTarget(WebServer server, string text, CancellationToken cancellation) => TargetSpec.Parse(text) switch
    {
        FileSpec file => server.OpenFile(file.Path),
        NameSpec name => server.OpenProcess(ProcessName.Find(name.Name), cancellation),
        ProcessSpec process => server.OpenProcess(process.Pid, cancellation),
        _ => throw new VmAtlasException(Failure.Usage, $"'{text}' can not be opened in the page"),
    };
}
