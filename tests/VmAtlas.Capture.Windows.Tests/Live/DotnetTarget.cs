using System.Globalization;
using VmAtlas.Capture.Clr;
using VmAtlas.Model;
using VmAtlas.Model.Managed;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Windows.Tests.Live;

/// <summary>A running <c>clrtarget.exe</c> and what it said of itself.</summary>
sealed class DotnetTarget : IDisposable
{
    static readonly string s_helper = Path.Combine(Repository.Root, "artifacts", "win", "vmatlas-clr.exe");

    readonly TestTarget _process;

    /// <param name="setting">One of the runtime's, in its environment only: "DOTNET_gcServer=1".</param>
    /// <param name="form">The way it was published: "-single", "-8.0".</param>
    public DotnetTarget(string setting = "", string form = "")
    {
        var (name, value) = setting.Split('=') is [var key, var set] ? (key, set) : ("DOTNET_unused", null);
        var before = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, value);
        _process = TestTarget.Start(ProgramOf(form));
        Environment.SetEnvironmentVariable(name, before);
    }

    public int Pid => _process.Pid;

    /// <summary>Whether it could be published so: packages of older runtimes are not on every feed.</summary>
    public static bool IsThere(string form) => File.Exists(ProgramOf(form));

    /// <summary>Objects it noted: where they are and what its runtime calls that place.</summary>
    public IEnumerable<(ulong Address, ManagedKind Kind)> Objects =>
        from said in _process.Said["object"]
        let words = said.Split(' ')
        select (Convert.ToUInt64(words[1], 16), KindOf(words[0], int.Parse(words[2], CultureInfo.InvariantCulture)));

    public static (Snapshot Snapshot, ManagedReport Report) Capture(ICaptureTarget target, IPlatform platform, ClrOptions? options = null)
    {
        using var clr = new ClrAnnotator((options ?? new ClrOptions { Objects = true }) with { HelperPath = s_helper });
        var snapshot = new CapturePipeline(target, platform.Annotators(clr)).Capture(TestContext.Current.CancellationToken);
        return (snapshot, clr.LastReport.ShouldNotBeNull("a .NET process was not recognised"));
    }

    /// <summary>Has it do something and waits until it did.</summary>
    public void Tell(string line)
    {
        _process.Input.WriteLine(line);
        _process.Input.Flush();
        _process.Output.ReadLine().ShouldBe("done");
    }

    public void Dispose() => _process.Dispose();

    static string ProgramOf(string form) => Path.Combine(Repository.Root, "artifacts", $"win-clrtarget{form}", "clrtarget.exe");

    static ManagedKind KindOf(string key, int generation) => (key, generation) switch
    {
        ("loh", _) => ManagedKind.Large,
        ("poh", _) => ManagedKind.Pinned,
        ("frozen", int.MaxValue) => ManagedKind.Frozen,
        (_, 0) => ManagedKind.Generation0,
        (_, 1) => ManagedKind.Generation1,
        _ => ManagedKind.Generation2,
    };
}
