using System.Globalization;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Tests;

/// <summary>A running <c>clrtarget</c> and what it said of itself.</summary>
sealed class ClrTarget : IDisposable
{
    readonly TestTarget _process;
    int? _child;

    ClrTarget(TestTarget process) => _process = process;

    public int Pid => _child ?? _process.Pid;

    /// <summary>Objects it noted: where they are and what generation its runtime puts them in.</summary>
    public IEnumerable<(ulong Address, ManagedKind Kind)> Objects =>
        from said in _process.Said["object"]
        let words = said.Split(' ')
        select (Convert.ToUInt64(words[1], 16), KindOf(words[0], int.Parse(words[2], CultureInfo.InvariantCulture)));

    /// <summary>Size and fragmentation of a generation after the last collection, by GC.GetGCMemoryInfo.</summary>
    public (long Size, long Fragmented) After(string generation)
    {
        var words = _process.Said["after"].Select(s => s.Split(' ')).Single(w => w[0] == generation);
        return (long.Parse(words[1], CultureInfo.InvariantCulture), long.Parse(words[2], CultureInfo.InvariantCulture));
    }

    public string Said(string key) => _process.Said[key].Single();

    /// <summary>Starts the program of this build, or another build of it.</summary>
    /// <param name="settings">The environment: "DOTNET_gcServer=1".</param>
    public static ClrTarget Start(string? program = null, string[]? arguments = null, params string[] settings) =>
        new(TestTarget.Start("/usr/bin/env", [.. settings, program ?? Built, .. arguments ?? []]));

    /// <summary>Starts it with process ids, mounts and a /tmp of its own, as in a container.</summary>
    public static ClrTarget StartInNamespaces()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/usr/bin/unshare"), "making namespaces takes root and unshare");
        var process = TestTarget.Start("/usr/bin/unshare", "--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-c",
            // A copy: this repository may lie below the /tmp that the program does not see.
            $"mount -t tmpfs none /mnt && cp -r {Path.GetDirectoryName(Built)}/. /mnt && mount -t tmpfs none /tmp && mount -t proc proc /proc && exec /mnt/clrtarget");
        return new ClrTarget(process) { _child = Child(process.Pid) };
    }

    /// <summary>unshare --fork waits for the program, which is its only child.</summary>
    static int Child(int pid) => int.Parse(File.ReadAllText($"/proc/{pid}/task/{pid}/children").Trim(), CultureInfo.InvariantCulture);

    public static string Built => Path.Combine(Repository.Root, "artifacts/bin/ClrTarget/debug/clrtarget");

    /// <summary>Has it do something and waits until it did.</summary>
    public void Tell(string line)
    {
        Send(line);
        _process.Output.ReadLine().ShouldBe("done");
    }

    /// <summary>Collections there were so far.</summary>
    public int Collections() => (int)Ask("collections");

    /// <summary>Bytes the collector says it had committed after the last collection.</summary>
    public ulong Committed() => (ulong)Ask("committed");

    long Ask(string question)
    {
        Send(question);
        var answer = long.Parse(_process.Output.ReadLine()!, CultureInfo.InvariantCulture);
        _process.Output.ReadLine().ShouldBe("done");
        return answer;
    }

    void Send(string line)
    {
        _process.Input.WriteLine(line);
        _process.Input.Flush();
    }

    /// <summary>A snapshot of it by the annotator alone, and the report it was made from.</summary>
    public (Snapshot Snapshot, ManagedReport Report) Capture(ClrOptions? options = null)
    {
        using var target = new LinuxTarget(Pid);
        return Capture(target, options);
    }

    /// <summary>The same of a dump of it.</summary>
    public static (Snapshot Snapshot, ManagedReport Report) Capture(ICaptureTarget target, ClrOptions? options = null)
    {
        using var annotator = new ClrAnnotator(options);
        var snapshot = new CapturePipeline(target, [annotator]).Capture();
        snapshot.Annotators[0].ShouldSatisfyAllConditions(a => a.WhyNot.ShouldBeNull(), a => a.Ran.ShouldBeTrue());
        return (snapshot, annotator.LastReport.ShouldNotBeNull("a .NET process was not recognised"));
    }

    public void Dispose() => _process.Dispose();

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
