using System.Net.Sockets;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.RealPrograms;

/// <summary>nginx: a master and a worker that it forked and that, where the master is root's, is another user's.</summary>
public sealed class NginxTests
{
    static readonly Dictionary<string, string> s_files = new()
    {
        ["nginx.conf"] = """
            daemon off; worker_processes 1; pid nginx.pid; error_log stderr;
            events {}
            http {
                access_log off;
                client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp; uwsgi_temp_path temp; scgi_temp_path temp;
                server { listen unix:socket; location / { return 200 "hello\n"; } }
            }
            """,
    };

    [Fact]
    public async Task Master_and_worker_are_what_the_kernel_says()
    {
        var path = RealProgram.Find("nginx");
        Assert.SkipWhen(path is null, "nginx is not installed (Debian package nginx)");
        using var nginx = RealProgram.Start(path!, ["-p", "{folder}", "-c", "{folder}/nginx.conf", "-e", "stderr"],
            p => File.Exists($"{p.Folder}/socket") && p.Processes.Count == 2, s_files);
        using var client = new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, stop) => Connect($"{nginx.Folder}/socket", stop) });
        for (var i = 0; i < 5; i++)
            (await client.GetStringAsync(new Uri("http://nginx/"), TestContext.Current.CancellationToken)).ShouldBe("hello\n");
        RealProcesses.CaptureRunning(nginx).ShouldBe(2);
        var snapshots = RealProcesses.CompareStopped(nginx);
        snapshots.Count.ShouldBe(2);
        // The worker is a fork: most of what it has of the program it shares with its master.
        snapshots.Values.ShouldAllBe(s => s.Summary.Total.Measures[Measure.SharedWs] > s.Summary.Total.Measures[Measure.Uss]);
        snapshots.Values.ShouldAllBe(s => s.Summary[MemoryType.Shareable].Regions > 0, "the accept mutex is memory both share");
    }

    static async ValueTask<Stream> Connect(string path, CancellationToken stop)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
