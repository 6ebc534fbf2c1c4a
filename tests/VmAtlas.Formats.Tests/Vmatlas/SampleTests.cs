using System.Diagnostics;
using System.Globalization;
using System.Text;
using VmAtlas.Formats.Export;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Testing;

namespace VmAtlas.Formats.Tests.Vmatlas;

/// <summary>Files of every version of the format stay readable, by us and by the page of Python in docs/.</summary>
public sealed class SampleTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_sample_of_version_1_says_what_it_said_then()
    {
        using var timeline = TimelineFile.Open(Golden.PathOf("v1-two-snapshots.vmatlas"));
        (timeline.Version, timeline.Count).ShouldBe((1, 2));
        timeline.Problems.ShouldBeEmpty();
        for (var i = 0; i < timeline.Count; i++)
        {
            var json = new MemoryStream();
            JsonSnapshot.Write(timeline.Load(i), json, new JsonOptions { Blocks = true, Indented = true });
            Golden.ShouldMatch(Encoding.UTF8.GetString(json.ToArray()) + "\n", $"v1-two-snapshots-{i}.json");
        }
    }

    [Theory]
    [InlineData(200, 1)]
    [InlineData(30, 40)]
    [InlineData(500, 12)]
    public void The_page_of_Python_reads_what_we_write(int blocks, int changes)
    {
        var path = _folder.File("python.vmatlas");
        var maker = new RandomSnapshots(blocks).With(blocks);
        TimelineFile.Save(path, Enumerable.Range(0, 20).Select(_ => maker.Age(changes).Take()));
        using var timeline = TimelineFile.Open(path);
        Python(path).ShouldBe(string.Concat(Enumerable.Range(0, timeline.Count).Select(i => Text(timeline.Load(i)))));
    }

    [Fact]
    public void The_page_of_Python_reads_the_sample()
    {
        using var timeline = TimelineFile.Open(Golden.PathOf("v1-two-snapshots.vmatlas"));
        Python(Golden.PathOf("v1-two-snapshots.vmatlas")).ShouldBe(Text(timeline.Load(0)) + Text(timeline.Load(1)));
    }

    [Fact]
    public void The_page_of_Python_tells_of_a_torn_tail()
    {
        var path = _folder.File("torn.vmatlas");
        TimelineFile.Save(path, new RandomSnapshots(5).With(9).Take());
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^5]);
        Should.Throw<InvalidOperationException>(() => Python(path)).Message.ShouldContain("damaged at byte");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_page_of_Python_adds_a_trace_up_as_the_store_does(int seed)
    {
        var path = _folder.File("trace.vmatlas");
        var trace = new RandomTrace(seed, 20_000);
        var store = new TraceStore(trace.Process);
        trace.Play(new Once(store));
        using (var file = TimelineFile.Create(path))
            trace.Play(new TraceWriter(file));
        var (total, live) = (store.Totals, store.LiveBlocks().Length);
        Python(path).ShouldBe(string.Create(CultureInfo.InvariantCulture, $"trace of {trace.Process.Command} {trace.Process.Pid}: {total.Operations} events, "
            + $"{total.Heap.TotalBytes} bytes in {total.Heap.TotalCount:0} blocks, {total.Heap.LiveBytes} bytes in {live} live\n"));
    }

    static string Python(string path)
    {
        Process? process;
        try
        {
            process = Process.Start(new ProcessStartInfo("python3", [Path.Combine(Repository.Root, "docs", "read_vmatlas.py"), path])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("python3 is not installed");
            throw;
        }
        var error = process!.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException(error.Result);
    }

    static string Text(Snapshot snapshot)
    {
        var seconds = (snapshot.TakenAt - DateTimeOffset.UnixEpoch).TotalSeconds;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{seconds:F3} {snapshot.Process.Name} {snapshot.Process.Pid}\n");
        for (var t = MemoryType.Image; t <= MemoryType.PrivateData; t++)
        {
            var row = snapshot.Summary[t];
            if (row.Regions == 0)
                continue;
            Measure[] measures = [Measure.Size, Measure.Committed, Measure.Private, Measure.TotalWs, Measure.PrivateWs, Measure.Pss];
            text.Append(CultureInfo.InvariantCulture, $"  {t.Name()}: {string.Join(", ", measures.Where(m => snapshot.Has(m)).Select(m => $"{m.JsonName()} {row.Measures[m]}"))}\n");
        }
        return text.ToString();
    }

    /// <summary>How the sample was made; it is not made again, so that it stays what version 1 wrote.</summary>
    [Fact(Explicit = true)]
    public void Make_the_sample()
    {
        var first = ExportSample.Make();
        var second = ExportSample.Make();
        second.Blocks.Set(Measure.TotalWs, 2, 4000 << 10);
        second.Blocks.Set(Measure.PrivateWs, 2, 4000 << 10);
        TimelineFile.Save(Golden.PathOf("v1-two-snapshots.vmatlas"), [first, second]);
    }
}
