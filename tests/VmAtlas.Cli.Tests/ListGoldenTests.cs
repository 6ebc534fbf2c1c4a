using System.Text;
using System.Text.Json;
using VmAtlas.Capture;
using VmAtlas.Cli.Output;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary>Outputs that are otherwise of live processes only, of made-up ones: kept to be looked at.</summary>
public sealed class ListGoldenTests
{
    const ulong K = 1024, M = 1024 * K;

    static readonly ProcessRow[] s_processes =
    [
        new() { Pid = 1, ParentPid = 0, Name = "systemd", User = "root", Command = "/sbin/init splash", TotalWs = new(12 * M), Swap = new(0), Threads = 1, State = 'S', WhyNot = "not permitted: needs CAP_SYS_PTRACE (run with sudo)" },
        Of(4711, "postgres", "postgres", "postgres: main: checkpointer", 3 * M) with { Container = "postgresql@15-main.service", Swap = new(96 * K) },
        Of(31337, "chromium-browse", "ann", "/usr/lib/chromium/chromium --type=renderer --enable-crash-reporter=, --lang=en-US --num-raster-threads=4", 812 * M) with { Threads = 31 },
        Of(40000, "evil\e[31m", "ann", "a\nb", 4 * K) with { Container = "/user.slice/user-1000.slice/user@1000.service/app.slice/app-of-a-long-name.scope" },
    ];

    [Theory]
    [InlineData("ps.txt", null)]
    [InlineData("ps-80.txt", 80)]
    [InlineData("ps-120.txt", 120)]
    [InlineData("ps-200.txt", 200)]
    public void Processes_are_listed(string golden, int? width) => Golden.Check(golden, Text(width, screen => ProcessTable.Write(screen, s_processes, quick: false)));

    [Fact]
    public void Processes_are_json() => Golden.Check("ps.json", Json(json => ProcessTable.WriteJson(json, s_processes)));

    [Fact]
    public void A_tree_of_processes_is_added_up()
    {
        var parent = Snapshots.Sample().Make();
        var child = Snapshots.Random(7, 12).Make();
        var tree = new TreeReport(TreeTotals.Of([parent, child]), [new Problem("gone", "process 4713 ended while it was read")]);
        Golden.Check("show-children.txt", Text(120, tree.Write));
        Golden.Check("show-children.json", Json(tree.WriteJson));
    }

    [Fact]
    public void Pages_are_a_strip_and_runs()
    {
        var snapshot = Snapshots.Sample().Make();
        int[] regions = [snapshot.Find(new Address(0x555555580000))!.Value.Index, snapshot.Find(new Address(0x7ffff7c00000))!.Value.Index];
        var report = new PageReport(snapshot, new Checkered(), CancellationToken.None);
        Golden.Check("pages-80.txt", Text(80, screen => report.Write(screen, regions)));
        Golden.Check("pages-256-colours.txt", Text(100, screen => report.Write(screen, regions), ColourDepth.Indexed256));
        Golden.Check("pages.json", Json(json => report.WriteJson(json, regions)));
    }

    [Fact]
    public void A_place_in_an_image_has_section_and_symbol()
    {
        var report = new AddressReport(Snapshots.Sample().Make(), new Address(0x555555556123), PageState.Present | PageState.File, new("." + "text", "main", 0x23));
        Golden.Check("at-symbol.txt", Text(100, report.Write));
        Golden.Check("at-symbol.json", Json(report.WriteJson));
    }

    static ProcessRow Of(int pid, string name, string user, string command, ulong bytes) => new()
    {
        Pid = pid, ParentPid = 1, Name = name, User = user, Command = command, Private = new(bytes), TotalWs = new(bytes + (8 * M)), Pss = new(bytes + M), Swap = new(0),
        Threads = 1, Architecture = "x86-64", State = 'S',
    };

    static string Text(int? width, Action<Screen> write, ColourDepth colours = ColourDepth.None)
    {
        using var writer = new StringWriter();
        write(new Screen(writer, colours, width));
        return writer.ToString();
    }

    static string Json(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Formats.Export.JsonSnapshot.WriterOptions(indented: true)))
            write(json);
        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    /// <summary>Runs of five pages of one state, in the order of the legend.</summary>
    sealed class Checkered : IPageSource
    {
        static readonly PageState[] s_states =
        [
            PageState.None, PageState.Present | PageState.Exclusive, PageState.Present, PageState.Present | PageState.File, PageState.Present | PageState.File | PageState.Exclusive,
            PageState.Present | PageState.Huge | PageState.Exclusive, PageState.Zero, PageState.Swapped, PageState.Guard,
        ];

        public ByteSize PageSize => new(4 * K);

        public bool TryReadPages(AddressRange range, Span<PageState> pages)
        {
            for (var i = 0; i < pages.Length; i++)
                pages[i] = s_states[(int)(((range.Start.Value >> 12) + (ulong)i) / 5 % (ulong)s_states.Length)];
            return true;
        }

        public bool TryTally(AddressRange range, out PageTally tally) => throw new NotSupportedException();
    }
}
