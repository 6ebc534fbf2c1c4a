using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using VmAtlas.Formats.Profiles;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Testing;

namespace VmAtlas.Formats.Tests.Profiles;

/// <summary>Each format is read by its own tool, and the tool's figures are the store's.</summary>
public sealed class ProfileTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly RandomTrace _trace = new(5, 20_000);
    readonly TraceStore _store;
    readonly NodeFrames _frames;

    public ProfileTests()
    {
        _store = new TraceStore(_trace.Process);
        _trace.Play(new Once(_store));
        _frames = new NodeFrames(_store.CallNodes, _store.Modules);
        FrameResolution.ResolveAll(_frames, _store.CallNodes, _store.Modules, new MadeUpSymbols());
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("alloc_objects")]
    [InlineData("alloc_space")]
    [InlineData("inuse_objects")]
    [InlineData("inuse_space")]
    public void Pprof_reads_our_profile_and_comes_to_our_figures(string type)
    {
        var file = Save("x.pb.gz", to => PprofExport.Write(_store, _frames, to));
        var text = Run("go", "tool", "pprof", "-raw", file);
        text.ShouldContain("inuse_space/bytes");
        var samples = text.Split('\n').SkipWhile(l => !l.StartsWith("alloc_objects/count", StringComparison.Ordinal)).Skip(1).TakeWhile(l => l.Contains(':'))
            .Select(l => l.Split(':')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse).ToArray()).ToList();
        var column = Array.IndexOf(["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"], type);
        var total = _store.Totals.Heap;
        samples.Sum(s => s[column]).ShouldBe(new[] { (long)total.TotalCount, total.TotalBytes, (long)total.LiveCount, total.LiveBytes }[column]);
        Run("go", "tool", "pprof", "-top", "-sample_index=" + type, file).ShouldContain("Showing nodes accounting for");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Heaptrack_print_reads_our_file_and_comes_to_our_figures(bool packed)
    {
        var file = Save(packed ? "x.heaptrack.gz" : "x.heaptrack", to => WriteHeaptrack(to, packed));
        var text = Run("heaptrack_print", file);
        var calls = text.Split('\n').Single(l => l.StartsWith("calls to allocation functions: ", StringComparison.Ordinal)).Split(' ')[4];
        long.Parse(calls).ShouldBe((long)_store.Totals.Heap.TotalCount);
        Figure(text, "peak heap memory consumption: ").ShouldBe(_store.Totals.PeakBytes, _store.Totals.PeakBytes * 0.006);
        Figure(text, "total memory leaked: ").ShouldBe(_store.Sites.LiveBytes, _store.Sites.LiveBytes * 0.006);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_went_out_as_heaptracks_comes_back_with_the_same_stacks_and_figures(bool packed)
    {
        var file = Save("x.heaptrack", to => WriteHeaptrack(to, packed));
        var back = _folder.File("back.vmatlas");
        using (var to = File.Create(back))
            HeaptrackFile.Copy(file, to, back).ShouldBeGreaterThan(_trace.Events.Length / 2);
        var loaded = LoadedTrace.ReadAll(back).Traces.Single();
        loaded.Store.Totals.PeakBytes.ShouldBe(_store.Totals.PeakBytes);
        ByStack(loaded.Store, loaded.Frames).ShouldBe(ByStack(_store, _frames), ignoreOrder: true);
    }

    [Fact]
    public void Heaptracks_own_recording_is_read_with_its_own_figures()
    {
        if (!File.Exists("/usr/bin/heaptrack"))
            Assert.Skip("heaptrack is not installed");
        var name = _folder.File("own");
        Run("heaptrack", "-o", name, "/bin/ls", "/");
        var file = Directory.GetFiles(Path.GetDirectoryName(name)!, "own*").Single();
        var store = new TraceStore(_trace.Process);
        HeaptrackImport.Read(file, new Once(store));
        var text = Run("heaptrack_print", file);
        var calls = text.Split('\n').Single(l => l.StartsWith("calls to allocation functions: ", StringComparison.Ordinal)).Split(' ')[4];
        ((long)store.Totals.Heap.TotalCount).ShouldBe(long.Parse(calls));
        Figure(text, "peak heap memory consumption: ").ShouldBe(store.Totals.PeakBytes, store.Totals.PeakBytes * 0.006);
        Figure(text, "total memory leaked: ").ShouldBe(store.Sites.LiveBytes, store.Sites.LiveBytes * 0.006);
        var temporary = text.Split('\n').Single(l => l.StartsWith("temporary memory allocations: ", StringComparison.Ordinal)).Split(' ')[3];
        // heaptrack lets other blocks be given back in between, we do not.
        ((long)store.Totals.Heap.TemporaryCount).ShouldBeInRange(long.Parse(temporary) / 2, long.Parse(temporary));
    }

    [Theory]
    [InlineData("this is no such file\n", "line 1")]
    [InlineData("v 10400 9\n", "only the formats 1 to 3 are known")]
    [InlineData("v 10400 3\nx 1 2\n", "heaptrack --interpret")]
    [InlineData("v 10400 3\n+ 0\n", "line 2: there is no allocation 0")]
    [InlineData("v 10400 3\na 10 7\n", "line 2: there is no stack 7")]
    [InlineData("v 10400 3\nt 5 0\n", "there is no instruction 5")]
    [InlineData("v 10400 3\na zz 0\n", "line 2")]
    public void A_file_that_is_none_is_refused_with_its_line(string content, string sentence)
    {
        var file = _folder.File("bad.heaptrack");
        File.WriteAllText(file, content);
        var thrown = Should.Throw<VmAtlasException>(() => HeaptrackImport.Read(file, new Once(new TraceStore(_trace.Process))));
        thrown.Failure.ShouldBe(Failure.BadFile);
        thrown.Message.ShouldContain(sentence);
    }

    [Fact]
    public void Collapsed_stacks_add_up()
    {
        var lines = File.ReadAllLines(Save("x.collapsed", to => CollapsedExport.Write(_store, _frames, SiteValue.LiveBytes, to)));
        lines.Sum(l => long.Parse(l[(l.LastIndexOf(' ') + 1)..])).ShouldBe(_store.Sites.LiveBytes);
        lines.ShouldAllBe(l => l.LastIndexOf(' ') > 0 && !l.StartsWith(';'));
    }

    [Fact]
    public void Speedscope_files_keep_to_the_published_schema_and_add_up()
    {
        var json = JsonDocument.Parse(File.ReadAllBytes(Save("x.speedscope.json", to => SpeedscopeExport.Write(_store, _frames, to)))).RootElement;
        SpeedscopeSchema.Check(json);
        var live = json.GetProperty("profiles")[0];
        live.GetProperty("weights").EnumerateArray().Sum(w => w.GetInt64()).ShouldBe(_store.Sites.LiveBytes);
        live.GetProperty("endValue").GetInt64().ShouldBe(_store.Sites.LiveBytes);
    }

    [Fact]
    public void A_flame_graph_is_whole_xml_whatever_names_are_in_it()
    {
        var tree = CallTreeBuilder.Build(CallTreeShape.TopDown, _store, _store.Sites, _frames);
        var svg = System.Xml.Linq.XDocument.Load(Save("x.svg", to => FlameGraph.Write(tree, SiteValue.LiveBytes, "<b>&\"\u202e\u0001", to)));
        svg.Root!.Name.LocalName.ShouldBe("svg");
        svg.Descendants().Count(e => e.Name.LocalName == "title").ShouldBeGreaterThan(20);
        svg.Descendants().ShouldAllBe(e => e.Name.LocalName != "script");
    }

    static Dictionary<string, (long, long, long)> ByStack(TraceStore store, NodeFrames frames) =>
        Enumerable.Range(0, store.Sites.Count).GroupBy(row => string.Join('<', frames.Stack(store.Sites.Site(row)).Select(f => $"{frames.Texts[f.Function]}:{f.Line}")))
            .ToDictionary(g => g.Key, g => (g.Sum(r => store.Sites[r].LiveBytes), g.Sum(r => store.Sites[r].TotalBytes), g.Sum(r => (long)store.Sites[r].TotalCount)));

    void WriteHeaptrack(Stream to, bool packed)
    {
        using var gzip = packed ? new GZipStream(to, CompressionLevel.Fastest) : null;
        using var export = new HeaptrackExport(_trace.Process, _store.CallNodes, _frames, gzip ?? to);
        _trace.Play(new Once(export));
    }

    string Save(string name, Action<Stream> write)
    {
        using var file = File.Create(_folder.File(name));
        write(file);
        return file.Name;
    }

    /// <summary>"1.23M": heaptrack's thousands.</summary>
    static double Figure(string text, string title)
    {
        var word = text.Split('\n').Single(l => l.StartsWith(title, StringComparison.Ordinal))[title.Length..].Trim();
        var unit = word[^1] switch { 'K' => 1e3, 'M' => 1e6, 'G' => 1e9, _ => 1 };
        return double.Parse(word.TrimEnd('B', 'K', 'M', 'G')) * unit;
    }

    static string Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}: {error.Result}");
            return text;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{program} is not installed");
            throw;
        }
    }
}
