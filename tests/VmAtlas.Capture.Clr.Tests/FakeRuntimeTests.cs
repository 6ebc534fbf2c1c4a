using System.Diagnostics;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Tests;

/// <summary>Programs that pretend to be .NET and answer on a socket of the right name whatever they like.</summary>
public sealed class FakeRuntimeTests : IDisposable
{
    /// <summary>Answers a question with "OK" and 8 bytes, a session's number; what follows is the stream of events.</summary>
    const string Started = "c.send(b'DOTNET_IPC_V1\\0' + struct.pack('<HBBHQ', 28, 255, 0, 0, 7))";

    const string Head = "c.send(b'Nettrace' + struct.pack('<I', 20) + b'!FastSerialization.1' + b'\\5\\5\\1' + bytes(8) + struct.pack('<I', 5) + b'Trace\\6' + bytes(48) + b'\\6')";

    readonly string _folder = Directory.CreateTempSubdirectory("vmatlas-test-").FullName;
    readonly List<Process> _started = [];

    [Theory]
    [InlineData("c.close()", "")]
    [InlineData("time.sleep(60)", "within 2 s")]
    [InlineData("c.send(b'HTTP/1.1 400 Bad Request\\r\\n\\r\\n')", "does not answer like one")]
    [InlineData("c.send(b'DOTNET_IPC_V1\\0' + struct.pack('<HBBHI', 24, 255, 255, 0, 0x80131384))", "refuses the question (error 80131384)")]
    [InlineData("c.send(b'DOTNET_IPC_V1\\0' + struct.pack('<HBBH', 3, 255, 0, 0))", "does not answer like one")]
    [InlineData("c.send(b'DOTNET_IPC_V1\\0' + struct.pack('<HBBH', 65535, 255, 0, 0)); time.sleep(60)", "within 2 s")]
    [InlineData(Started + "\n  while True: c.send(os.urandom(4096))", "no stream of events")]
    [InlineData(Started + "\n  while True: c.send(bytes(1 << 16))", "no stream of events")]
    [InlineData(Started + "\n  " + Head + "\n  while True: c.send(b'\\5\\5\\1' + bytes(8) + struct.pack('<I', 1) + b'X\\6' + struct.pack('<I', 0) + b'\\6')", "")]
    [InlineData(Started + "\n  " + Head + "\n  c.send(b'\\5\\5\\1' + bytes(8) + struct.pack('<I', 10) + b'EventBlock\\6' + struct.pack('<I', 0x7fffffff) + bytes(3))", "too long")]
    [InlineData(Started + "\n  " + Head + "\n  c.send(b'\\1')", "without a word")]
    public void A_runtime_that_answers_badly_costs_a_sentence_and_little_time(string answer, string sentence)
    {
        var clock = Stopwatch.StartNew();
        var report = Capture(Start($"while True:\n try:\n  c = s.accept()[0]; c.recv(4096)\n  {answer}\n except OSError: pass\n"));
        report.Evidence.ShouldBe(ManagedEvidence.Shape);
        report.WhyNotBetter.ShouldNotBeNull().ShouldContain(sentence);
        report.Ranges.ShouldBeEmpty();
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void A_socket_nobody_takes_calls_from_costs_a_sentence()
    {
        const string FullQueue = "k = [socket.socket(socket.AF_UNIX) for i in range(9)]\nfor x in k:\n x.setblocking(False)\n try: x.connect(path)\n except OSError: pass\n";
        var program = Start("", beforeReady: FullQueue, backlog: 0);
        Capture(program).WhyNotBetter.ShouldNotBeNull().ShouldContain("does not listen");
    }

    [Fact]
    public void A_socket_on_which_another_process_listens_is_told_nothing()
    {
        // The child takes the place, with the parent's number in the name.
        var heard = Path.Combine(_folder, "heard");
        var program = Start($"c = s.accept()[0]; d = c.recv(4096); d and open('{heard}', 'wb').write(d)\n", child: true);
        Capture(program).WhyNotBetter.ShouldNotBeNull().ShouldContain("another process listens");
        File.Exists(heard).ShouldBeFalse();
    }

    public void Dispose()
    {
        foreach (var process in _started)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }
        Directory.Delete(_folder, recursive: true);
    }

    static ManagedReport Capture(int pid)
    {
        using var target = new LinuxTarget(pid);
        using var annotator = new ClrAnnotator(new ClrOptions
        {
            UseDebugger = false,
            AskRuntime = AskRuntime.InduceCollection,
            RuntimeWait = TimeSpan.FromSeconds(2),
        });
        Laws.Check(new CapturePipeline(target, [annotator]).Capture()).ShouldBeEmpty();
        return annotator.LastReport.ShouldNotBeNull("it was not even taken for .NET");
    }

    /// <summary>A program in which a file of the runtime's name is mapped, and which does something with a socket <c>s</c> of the right name.</summary>
    int Start(string serve, string beforeReady = "", int backlog = 5, bool child = false)
    {
        var fake = Path.Combine(_folder, "libcoreclr.so");
        File.Copy(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libcoreclr.so"), fake);
        var script = $"""
            import mmap, os, socket, struct, sys, time
            f = open('{fake}', 'rb')
            m = mmap.mmap(f.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ)
            start = open('/proc/self/stat').read().rsplit(') ', 1)[1].split(' ')[19]
            path = '{_folder}/dotnet-diagnostic-%d-%s-socket' % (os.getpid(), start)
            if {(child ? "os.fork()" : "False")}: time.sleep(60)
            s = socket.socket(socket.AF_UNIX)
            s.bind(path)
            s.listen({backlog})
            {beforeReady}
            print('ready', flush=True)
            {serve}
            time.sleep(60)
            """;
        var process = Process.Start(new ProcessStartInfo("python3", ["-c", script])
        {
            RedirectStandardOutput = true,
            Environment = { ["TMPDIR"] = _folder },
        })!;
        _started.Add(process);
        process.StandardOutput.ReadLine().ShouldBe("ready");
        // A shim that starts python would have another number.
        return process.Id;
    }
}
