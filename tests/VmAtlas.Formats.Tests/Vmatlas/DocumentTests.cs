using System.Text.RegularExpressions;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;
using VmAtlas.Testing;

namespace VmAtlas.Formats.Tests.Vmatlas;

/// <summary>docs/file-format.md names every table, column and fact that is written, and none that is not.</summary>
public sealed partial class DocumentTests
{
    static readonly string s_text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "file-format.md"));

    [GeneratedRegex("`([A-Za-z.]+)`")]
    private static partial Regex Quoted { get; }

    static FrameImage Frame()
    {
        var frame = new FrameImage();
        new FrameWriter(new StringNumbers()).Fill(frame, new RandomSnapshots(1).With(20).Take());
        return frame;
    }

    [Fact]
    public void Tables_and_their_columns_are_those_written()
    {
        var written = Frame().Tables.SelectMany(t => t.Columns.Select(c => c.Name).Prepend(t.Name)).ToHashSet();
        var rows = s_text.Split('\n').SkipWhile(l => l != "## Tables of a snapshot").TakeWhile(l => l != "## Limits").Where(l => l.StartsWith('|'));
        var documented = rows.SelectMany(row => row.Split('|')[1..3]).SelectMany(cell => Quoted.Matches(cell)).Select(m => m.Groups[1].Value).ToHashSet();
        documented.ShouldBe(written, ignoreOrder: true);
    }

    [Fact]
    public void Facts_are_those_written()
    {
        var snapshot = ExportSample.Make();
        var full = new Snapshot
        {
            Process = new ProcessFacts
            {
                Pid = 1, Name = "", Command = "", Executable = "", User = "", ParentPid = 1, StartedAt = DateTimeOffset.UnixEpoch, Threads = 1, Architecture = "", Container = "",
            },
            System = new SystemFacts { Kernel = "", Host = "", Architecture = "", PhysicalMemory = default(ByteSize) },
            Layout = snapshot.Layout with { Granularity = new ByteSize(65536) },
            TakenAt = snapshot.TakenAt,
            Strings = snapshot.Strings,
            Blocks = snapshot.Blocks,
            Regions = snapshot.Regions,
            PageTables = default(ByteSize),
        };
        var (frame, texts) = (new FrameImage(), new StringNumbers());
        new FrameWriter(texts).Fill(frame, full);
        var buffer = new ByteBuffer();
        texts.WriteNew(buffer);
        var strings = new FileStrings(ReaderLimits.Default);
        strings.Add(buffer.Written);
        var written = frame.Find("facts")!.Find("key")!.Values.ToArray().Select(strings.Text).Where(f => !f.StartsWith("vmFlag.", StringComparison.Ordinal));
        var paragraph = s_text[s_text.IndexOf("\nFacts: ", StringComparison.Ordinal)..s_text.IndexOf("\n## Limits", StringComparison.Ordinal)];
        Quoted.Matches(paragraph).Select(m => m.Groups[1].Value).Except(["vmFlag.N", "vmFlags"]).ShouldBe(written, ignoreOrder: true);
    }

    [Fact]
    public void Tables_columns_and_facts_of_heaps_are_those_written()
    {
        var section = s_text[s_text.IndexOf("### `HEAP`", StringComparison.Ordinal)..s_text.IndexOf("\n## Tables of a snapshot", StringComparison.Ordinal)];
        var (frame, texts) = (new FrameImage(), new StringNumbers());
        HeapWriter.Fill(frame, HeapTests.Report(new ChunkTable()), texts);
        var chunks = new ByteBuffer();
        HeapWriter.WriteChunks(HeapTests.OneChunk(), 0, chunks);
        var tables = frame.Tables.Concat(KeyFrame.Decode(chunks.Written, ReaderLimits.Default).Tables);
        var written = tables.SelectMany(t => t.Columns.Select(c => c.Name).Prepend(t.Name)).ToHashSet();
        var cells = section.Split('\n').Where(l => l.StartsWith('|')).SelectMany(row => row.Split('|')[2..4]);
        cells.SelectMany(cell => Quoted.Matches(cell)).Select(m => m.Groups[1].Value).ToHashSet().ShouldBe(written, ignoreOrder: true);

        var buffer = new ByteBuffer();
        texts.WriteNew(buffer);
        var strings = new FileStrings(ReaderLimits.Default);
        strings.Add(buffer.Written);
        var facts = frame.Find("heap")!.Find("key")!.Values.ToArray().Select(strings.Text);
        var paragraph = section[section.IndexOf("The facts of a heap:", StringComparison.Ordinal)..section.IndexOf("The chunks come", StringComparison.Ordinal)];
        Quoted.Matches(paragraph).Select(m => m.Groups[1].Value).ShouldBe(facts, ignoreOrder: true);
    }
}
