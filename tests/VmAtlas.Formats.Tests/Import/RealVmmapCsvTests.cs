using System.Globalization;
using VmAtlas.Formats.Import;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Formats.Tests.Import;

/// <summary>A real export of VMMap 3.x: a 32-bit devenv.exe of 1,233 regions. It is not part of the repository.</summary>
public sealed class RealVmmapCsvTests
{
    static readonly string s_path = Path.Combine(Repository.Root, "..", "shared", "samples", "vmmap-devenv32.csv");

    static Snapshot Load() => Importer.Open(FindSample()).Load(0);

    static string FindSample()
    {
        // Worktrees lie one folder deeper than the repository itself.
        var path = File.Exists(s_path) ? s_path : Path.Combine(Repository.Root, "..", "..", "shared", "samples", "vmmap-devenv32.csv");
        if (!File.Exists(path))
            Assert.Skip("the real VMMap sample is not on this machine");
        return path;
    }

    [Fact]
    public void Every_total_is_what_the_file_says()
    {
        var summary = Load().Summary;
        var lines = string.Join('\n', summary.Rows.Select(Line));
        lines.ShouldBe("""
            Total 1094896 898580 328964 157164 106496 50668 46256 0 6963 -
            Image 586096 583724 92628 57936 11748 46188 42284 0 5493 20320
            Mapped File 72124 72124 0 368 0 368 248 0 86 17216
            Shareable 26952 6396 0 4108 0 4108 3720 0 47 20480
            Heap 87464 72356 72356 21812 21812 0 0 0 529 16192
            Managed Heap 132224 108200 108200 33616 33616 0 0 0 321 32768
            Stack 40704 4192 4192 596 596 0 0 0 225 1024
            Private Data 91736 19220 19220 6360 6356 4 4 0 262 32768
            Page Table 32368 32368 32368 32368 32368 0 0 0 - -
            Unusable 25228 0 0 0 0 0 0 0 - 60
            Free 3131712 0 0 0 0 0 0 0 188 2083712
            """);

        static string Line(SummaryRow row)
        {
            var sizes = Vmmap.VmmapWords.Sizes.Select(m => (row.Measures[m] >> 10).ToString(CultureInfo.InvariantCulture));
            return $"{row.Type?.Name() ?? "Total"} {string.Join(' ', sizes)} {row.Blocks?.ToString(CultureInfo.InvariantCulture) ?? "-"} "
                + (row.Largest is { } largest ? (largest >> 10).ToString(CultureInfo.InvariantCulture) : "-");
        }
    }

    [Fact]
    public void All_regions_and_blocks_are_there_and_every_law_holds()
    {
        var snapshot = Load();
        snapshot.Process.Name.ShouldBe("devenv.exe");
        snapshot.Process.Pid.ShouldBe(29892);
        snapshot.Regions.Count.ShouldBe(1233);
        snapshot.Blocks.Count.ShouldBe(7489);
        snapshot.Layout.End.Value.ShouldBe(0xFFFF0000UL);
        Laws.Check(snapshot).ShouldBeEmpty();
    }

    [Fact]
    public void Each_region_whose_row_disagrees_with_its_blocks_is_named()
    {
        var snapshot = Load();
        var regions = snapshot.Problems.Where(p => p.Id == "import-region-differs").ToList();
        regions.Count.ShouldBe(268); // 267 images (VMMap counts Private of their rows otherwise) and one copy-on-write section
        regions.ShouldAllBe(p => p.Message.Contains("Private", StringComparison.Ordinal));
        regions.Count(p => p.Message.StartsWith("Image at ", StringComparison.Ordinal)).ShouldBe(267);
        regions.ShouldContain(p => p.Message.StartsWith("Shareable at ", StringComparison.Ordinal) && p.Message.Contains("224 K", StringComparison.Ordinal));
        snapshot.Problems.Where(p => p.Id == "import-type-differs").Select(p => p.Message).ShouldBe(
        [
            "Image: the file's summary says Private 92,628 K, its region rows (not their blocks) add up to 65,960 K",
            "Shareable: the file's summary says Private 0 K, its region rows (not their blocks) add up to 224 K",
        ]);
        snapshot.Problems.Count.ShouldBe(270);
        snapshot.Counters["vmmap.Image.private"].ShouldBe(92628UL << 10);
        snapshot.Counters["vmmap.rows.Image.private"].ShouldBe(65960UL << 10);
    }

    /// <summary>Written again by our own rules, the file has the same cells. Left out are the rows whose Private VMMap sums otherwise than their own
    /// blocks and its own summary: 267 images and one section that copies on write.</summary>
    [Fact]
    public void Written_again_it_is_the_same_cell_for_cell()
    {
        var text = new StringWriter();
        Vmmap.VmmapCsv.Write(Load(), text);
        var (theirs, ours) = (Cells(new StreamReader(FindSample())), Cells(new StringReader(text.ToString())));
        ours.Count.ShouldBe(theirs.Count);
        var differing = new List<string>();
        for (var row = 0; row < ours.Count; row++)
        {
            ours[row].Length.ShouldBe(theirs[row].Length);
            for (var cell = 0; cell < ours[row].Length; cell++)
            {
                if (ours[row][cell] != theirs[row][cell])
                    differing.Add(cell == 4 && !theirs[row][0].StartsWith(' ') ? theirs[row][1] : $"{string.Join(',', theirs[row])} has become {string.Join(',', ours[row])}");
            }
        }
        differing.CountBy(d => d).OrderBy(d => d.Key, StringComparer.Ordinal).ShouldBe([new("Image", 1), new("Image (ASLR)", 266), new("Shareable", 1)]);

        static List<string[]> Cells(TextReader reader)
        {
            using (reader)
            {
                var (rows, csv) = (new List<string[]>(), new CsvCells(reader, ReaderLimits.Default));
                while (csv.Read())
                {
                    if (csv.Cells.Any(c => c.Length > 0))
                        rows.Add([.. csv.Cells]);
                }
                return rows;
            }
        }
    }

    [Fact]
    public void Rows_keep_what_they_say()
    {
        var snapshot = Load();
        var stack = snapshot.Find(new Address(0x185000))!.Value;
        stack.Type.ShouldBe(MemoryType.Stack);
        stack.Details.ShouldBe("64-bit thread stack");
        stack.MappingCount.ShouldBe(3);
        var image = snapshot.BlockAt(snapshot.Blocks.IndexOf(new Address(0x361000)));
        (image.Label, image.Protection.ToVmmapText()).ShouldBe((".data", "Copy on write"));
        image.Name.ShouldEndWith("devenv.exe");
        var lohBlock = snapshot.BlockAt(snapshot.Blocks.IndexOf(new Address(0x40AFF34)));
        lohBlock.Range.ShouldBe(AddressRange.Of(0x40AFF34, 0x4786000));
    }

    [Fact]
    public void It_survives_a_round_trip_through_our_own_file()
    {
        using var folder = new TemporaryFolder();
        var snapshot = Load();
        TimelineFile.Save(folder.File("devenv.vmatlas"), snapshot);
        using var timeline = TimelineFile.Open(folder.File("devenv.vmatlas"));
        timeline.Load(0).ShouldSayTheSameAs(snapshot);
        timeline.Load(0).Summary[MemoryType.Unusable].Largest.ShouldBe(60UL << 10);
    }
}
