using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.RealPrograms;

/// <summary>PostgreSQL: a family of processes around one large piece of shared memory.</summary>
public sealed class PostgresTests
{
    /// <summary>Its own cluster, on a socket in the test's folder and on no port; it refuses to be root.</summary>
    const string Serve = """
        set -e
        initdb -D cluster -U postgres -A trust --no-sync --no-locale -E UTF8 >initdb.log
        exec postgres -D cluster -k "$PWD" -c listen_addresses= -c shared_buffers=16MB -c autovacuum=off -c fsync=off
        """;

    const string Query = """
        create table numbers as select i, repeat('x', 100) as text from generate_series(1, 20000) i;
        create index on numbers (i);
        select count(*), sum(i) from numbers where text like 'x%';
        \echo ready

        """;

    /// <summary>Debian keeps the programs of each version in a folder of their own.</summary>
    static string? Programs => RealProgram.Find("initdb") is { } initdb && RealProgram.Find("postgres") is not null ? Path.GetDirectoryName(initdb)
        : Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").Select(v => $"{v}/bin")
            .Where(v => File.Exists($"{v}/postgres")).Order(StringComparer.Ordinal).LastOrDefault() : null;

    [Fact]
    public void Every_process_of_the_family_is_what_the_kernel_says()
    {
        var psql = RealProgram.Find("psql");
        Assert.SkipWhen(Programs is null || psql is null, "PostgreSQL is not installed (Debian package postgresql)");
        using var server = RealProgram.Start("/bin/sh", ["-c", AsPostgres($"export PATH=\"{Programs}:$PATH\"; exec sh -e {{folder}}/serve.sh")],
            p => p.Output().Contains("ready to accept connections", StringComparison.Ordinal), new Dictionary<string, string> { ["serve.sh"] = Serve });
        // The client goes on to read queries from its input, and its backend waits for them.
        using var client = RealProgram.Start(psql!,
            ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", server.Folder, "-U", "postgres", "-d", "postgres", "-f", "{folder}/query.sql", "-f", "-"],
            files: new Dictionary<string, string> { ["query.sql"] = Query });
        client.Output().ShouldContain("20000 | 200010000");
        RealProcesses.CaptureRunning(server).ShouldBeGreaterThanOrEqualTo(5); // postmaster, backend, checkpointer and two writers at least
        var snapshots = RealProcesses.CompareStopped(server);
        snapshots.Values.ShouldAllBe(s => s.Process.Name == "postgres");
        var buffers = snapshots.Values.Select(Largest).ToList();
        buffers.ShouldAllBe(b => b.Size > 16 << 20 && b.Start == buffers[0].Start, "shared buffers lie at one place in every process");
    }

    static (ulong Start, ulong Size) Largest(Snapshot snapshot) => Enumerable.Range(0, snapshot.Regions.Count).Select(snapshot.RegionAt)
        .Where(r => r.Type == MemoryType.Shareable).Select(r => (r.Start.Value, r.Get(Measure.Size))).MaxBy(r => r.Item2);

    static string AsPostgres(string command) => Environment.IsPrivilegedProcess
        ? $"chown postgres {{folder}} && exec setpriv --reuid=postgres --regid=postgres --clear-groups sh -c '{command}'"
        : command;
}
