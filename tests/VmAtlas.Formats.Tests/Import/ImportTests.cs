using System.Text;
using VmAtlas.Formats.Import;
using VmAtlas.Formats.Vmmap;
using VmAtlas.Model;

namespace VmAtlas.Formats.Tests.Import;

public sealed class ImportTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    Timeline Open(string name, string content, Encoding? encoding = null)
    {
        File.WriteAllText(_folder.File(name), content, encoding ?? new UTF8Encoding(false));
        return Importer.Open(_folder.File(name));
    }

    static string Csv(Snapshot snapshot, bool gaps = false)
    {
        var output = new StringWriter();
        VmmapCsv.Write(snapshot, output, gaps);
        return output.ToString();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Our_own_csv_comes_back_with_every_figure_of_its_layout(bool gaps)
    {
        var snapshot = ExportSample.Make();
        var loaded = Open("own.csv", Csv(snapshot, gaps)).Load(0);
        loaded.Problems.ShouldBeEmpty();
        loaded.Process.Name.ShouldBe("sample");
        Csv(loaded, gaps).ShouldBe(Csv(snapshot, gaps));
        loaded.RegionAt(2).Details.ShouldStartWith("=cmd");
        Laws.Check(loaded).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(101)]
    [InlineData(102)]
    [InlineData(103)]
    public void Made_by_chance_it_comes_back_too(int seed)
    {
        var snapshot = new RandomSnapshots(seed).With(300).Take();
        var loaded = Open("chance.csv", Csv(snapshot)).Load(0);
        for (var m = Measure.Size; m <= Measure.LockedWs; m++)
        {
            for (var t = MemoryType.Image; t <= MemoryType.PageTable; t++)
                loaded.Summary[t].Measures[m].ShouldBe(snapshot.Summary[t].Measures[m], $"{t} {m}");
            loaded.Summary.Total.Measures[m].ShouldBe(snapshot.Summary.Total.Measures[m]);
        }
        loaded.Summary[MemoryType.Free].Measures[Measure.Size].ShouldBe(snapshot.Summary[MemoryType.Free].Measures[Measure.Size]);
    }

    /// <summary>A few rows as VMMap writes them, with a gap below 64 KiB behind the first region.</summary>
    const string Small = """
        "Process:","a.exe"
        "PID:","7"

        "Type","Size","Committed","Private","Total WS","Private WS","Shareable WS","Shared WS","Locked WS","Blocks","Largest",
        "Total","2,124","1,064","1,052","56","44","12","","","3",""
        "Shareable","12","12","","12","","12","","","1","12"
        "Private Data","2,048","1,040","1,040","32","32","","","","2","2,048"
        "Page Table","12","12","12","12","12","","","","",""
        "Unusable","52","","","","","","","","","52"
        "Free","137,438,951,232","","","","","","","","2","137,438,948,800"

        "Address","Type","Size","Committed","Private","Total WS","Private WS","Shareable WS","Shared WS","Locked WS","Blocks","Protection","Details",
        "000000007FFE0000","Shareable","12","12","","12","","12","","","1","Read",""
        "  000000007FFE0000","Shareable","12","12","","12","","12","","","","Read",""
        "000000007FFF0000","Private Data","2,048","1,040","1,040","32","32","","","","2","Read/Write","Thread Environment Block ID: 8"
        "  000000007FFF0000","Private Data","1,008","","","","","","","","","Reserved","Thread Environment Block ID: 8"
        "  00000000800EC000","Private Data","1,040","1,040","1,040","32","32","","","","","Read/Write","Thread Environment Block ID: 8"

        """;

    [Theory]
    [InlineData(",", "\n")]
    [InlineData(".", "\r\n")]
    [InlineData(" ", "\r\r\n")]
    [InlineData("'", "\r\r\n")]
    [InlineData("\u00a0", "\n")]
    [InlineData("\u202f", "\n")]
    [InlineData("\u2019", "\n")]
    public void Any_locale_and_any_line_end_give_the_same(string separator, string lineEnd)
    {
        var digits = System.Text.RegularExpressions.Regex.Replace(Small, "(?<=[0-9]),(?=[0-9]{3})", separator);
        var snapshot = Open("locale.csv", digits.ReplaceLineEndings(lineEnd)).Load(0);
        (snapshot.Process.Name, snapshot.Process.Pid).ShouldBe(("a.exe", 7));
        snapshot.Summary.Total.Measures[Measure.Size].ShouldBe(2124UL << 10);
        snapshot.Summary[MemoryType.PrivateData].Measures[Measure.Committed].ShouldBe(1040UL << 10);
        snapshot.Summary[MemoryType.Unusable].Largest.ShouldBe(52UL << 10);
        snapshot.RegionAt(1).Details.ShouldBe("Thread Environment Block ID: 8");
        snapshot.BlockAt(2).Label.ShouldBe("");
    }

    [Fact]
    public void A_summary_that_the_rows_do_not_make_is_named_and_kept_beside_them()
    {
        var differing = Small.Replace("\n\"Private Data\",\"2,048\",\"1,040\"", "\n\"Private Data\",\"2,048\",\"1,044\"", StringComparison.Ordinal);
        var snapshot = Open("differs.csv", differing).Load(0);
        snapshot.Summary[MemoryType.PrivateData].Measures[Measure.Committed].ShouldBe(1040UL << 10);
        snapshot.Counters["vmmap.PrivateData.committed"].ShouldBe(1044UL << 10);
        snapshot.Problems.ShouldContain(p => p.Id == "import-type-differs" && p.Message.Contains("Committed 1,044 K", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"Address\",\"Type\",\"Size\"\n\"xyz\",\"Image\",\"4\"\n", "line 2: 'xyz' is no address")]
    [InlineData("\"Address\",\"Type\",\"Size\"\n\"00010000\",\"Sponge\",\"4\"\n", "line 2: 'Sponge' is no type")]
    [InlineData("\"Address\",\"Type\",\"Size\"\n\"00010000\",\"Image\",\"4x\"\n", "line 2: '4x' is no whole number")]
    [InlineData("\"Address\",\"Type\",\"Size\"\n\"00010000\",\"Image\",\"99999999999999999999999\"\n", "is no whole number")]
    [InlineData("\"Address\",\"Type\",\"Size\"\n\"  00010000\",\"Image\",\"4\"\n", "before the first region")]
    [InlineData("\"Address\",\"Type\",\"Size\"\n\"00010000\",\"Image\",\"4\n", "does not end")]
    [InlineData("a,b,c\n1,2,3\n", "no table of regions")]
    [InlineData("", "no table of regions")]
    public void What_is_wrong_is_named_with_its_line(string csv, string message)
    {
        var error = Should.Throw<VmAtlasException>(() => Open("wrong.csv", csv));
        error.Failure.ShouldBe(Failure.BadFile);
        error.Message.ShouldContain(message);
    }

    [Fact]
    public void Rows_that_overlap_or_are_empty_are_clipped_or_left_out_and_named()
    {
        var snapshot = Open("odd.csv", """
            "Address","Type","Size","Committed"
            "00020000","Private Data","128",""
            "00010000","Image","128",""
            "00028000","Image","4",""
            "00090000","Image","",""
            """).Load(0);
        snapshot.Problems.Select(p => p.Id).Order().ShouldBe(["import-row-clipped", "import-row-dropped", "import-row-dropped"]);
        Laws.Check(snapshot).ShouldBeEmpty();
    }

    const string Mmp = """
        <?xml version="1.0"?>
        <Whatever Version="3" ProcessName="b.exe" PID="99">
        <Snapshot When="131500000000000000" PageTableSize="8192" Unknown="x">
        <Region Address="65536" Blocks="2" ShareableWS="0" SharedWS="0" Size="110592" Commit="40960" PrivateBytes="40960" PrivateWS="36864" Id="1" Protection="4" Storage="1" UseType="0" Type="Heap (Private Data)" Details="Heap ID: 1">
        <Region Address="65536" Blocks="0" Size="40960" Commit="40960" PrivateBytes="40960" PrivateWS="36864" Protection="4" UseType="0" Type="Heap (Private Data)" Details="Heap ID: 1"/>
        <Region Address="106496" Blocks="0" Size="69632" Protection="0" UseType="0" Type="Heap (Private Data)" Details="Heap ID: 1"/>
        </Region>
        <Region Address="0x30000" Blocks="1" Size="4096" Commit="4096" ShareableWS="4096" SharedWS="4096" Protection="32" UseType="2" Details="C:\b.exe"/>
        <Region Address="200704" Size="4294766592" UseType="6" Type="Free"/>
        </Snapshot>
        <Snapshot When="131500000100000000"><Region Address="65536" Size="4096" UseType="8"/></Snapshot>
        </Whatever>
        """;

    [Fact]
    public void Mmp_is_read_whatever_its_root_and_attributes_are()
    {
        var timeline = Open("saved.mmp", Mmp);
        timeline.Count.ShouldBe(2);
        var snapshot = timeline.Load(0);
        (snapshot.Process.Name, snapshot.Process.Pid).ShouldBe(("b.exe", 99));
        snapshot.TakenAt.ShouldBe(DateTimeOffset.FromFileTime(131500000000000000));
        snapshot.PageTables.ShouldBe(new ByteSize(8192));
        snapshot.Summary[MemoryType.Heap].Measures[Measure.Size].ShouldBe(110592UL);
        snapshot.Summary[MemoryType.Heap].Blocks.ShouldBe(2);
        snapshot.Summary[MemoryType.Image].Measures[Measure.TotalWs].ShouldBe(4096UL);
        snapshot.RegionAt(1).Protection.ShouldBe(Protection.Read | Protection.Execute);
        snapshot.Has(Measure.LockedWs).ShouldBeFalse();
        timeline.Load(1).RegionAt(0).Type.ShouldBe(MemoryType.ManagedHeap);
        Laws.Check(snapshot).ShouldBeEmpty();
    }

    [Fact]
    public void Mmp_in_utf16_is_known_by_its_first_bytes()
    {
        var xml = Mmp.Replace("<?xml version=\"1.0\"?>", "", StringComparison.Ordinal).Trim();
        Open("noname", xml, Encoding.Unicode).Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("<!DOCTYPE x [<!ENTITY a \"aaaa\">]><x>&a;</x>", "DTD")]
    [InlineData("<x><y></x>", "no xml")]
    [InlineData("<x/>", "no element Snapshot")]
    [InlineData("<x><Snapshot><Region Address=\"-1\" Size=\"1\"/></Snapshot></x>", "is no number")]
    [InlineData("<x><Snapshot><Region Address=\"4096\" Size=\"18446744073709547519\"/></Snapshot></x>", "larger than any")]
    public void Mmp_that_is_none_is_refused_by_name(string xml, string message)
    {
        var error = Should.Throw<VmAtlasException>(() => Open("bad.mmp", xml));
        error.Failure.ShouldBe(Failure.BadFile);
        error.Message.ShouldContain(message);
    }

    [Fact]
    public void Random_damage_to_a_csv_gives_a_snapshot_or_a_named_error()
    {
        var random = new Random(111);
        for (var round = 0; round < 3000; round++)
        {
            var text = new StringBuilder(Small);
            for (var i = random.Next(1, 6); i > 0; i--)
                text[random.Next(text.Length)] = "\",\n0F9 x"[random.Next(8)];
            try
            {
                _ = VmmapCsvImport.Read(new StringReader(text.ToString()), default, ReaderLimits.Default).Summary.Total;
            }
            catch (InvalidDataException)
            {
                // named with its line; the importer makes a sentence with the file's name of it
            }
        }
    }

    [Fact]
    public void Random_damage_to_an_mmp_gives_snapshots_or_a_named_error()
    {
        var random = new Random(112);
        for (var round = 0; round < 2000; round++)
        {
            var text = Encoding.UTF8.GetBytes(Mmp);
            for (var i = random.Next(1, 6); i > 0; i--)
                text[random.Next(text.Length)] = (byte)"<>\"/0F9 &\xff"[random.Next(10)];
            try
            {
                foreach (var snapshot in MmpImport.Read(new MemoryStream(text), default, ReaderLimits.Default))
                    _ = (snapshot.Summary.Total, Laws.Check(snapshot).Count());
            }
            catch (InvalidDataException)
            {
                // said by name; the importer makes a sentence with the file's name of it
            }
        }
    }

    [Fact]
    public void Documents_and_their_regions_are_limited()
    {
        var mmp = Encoding.UTF8.GetBytes(Mmp);
        MmpImport.Read(new MemoryStream(mmp), default, new ReaderLimits { ImportCharacters = 4000, Rows = 6 }).Count.ShouldBe(2);
        Should.Throw<InvalidDataException>(() => MmpImport.Read(new MemoryStream(mmp), default, new ReaderLimits { ImportCharacters = 1000 }));
        Should.Throw<InvalidDataException>(() => MmpImport.Read(new MemoryStream(mmp), default, new ReaderLimits { Rows = 5 })).Message.ShouldContain("5 regions");
    }

    [Fact]
    public void Lines_cells_and_rows_are_limited()
    {
        Read(new ReaderLimits { Rows = 17 }).ShouldBe("");
        Read(new ReaderLimits { Rows = 16 }).ShouldContain("more than 16 lines");
        Read(new ReaderLimits { Columns = 14 }).ShouldBe("");
        Read(new ReaderLimits { Columns = 12 }).ShouldContain("more than 12 cells");
        Read(new ReaderLimits { TextBytes = 200 }).ShouldBe("");
        Read(new ReaderLimits { TextBytes = 60 }).ShouldContain("longer than 60");

        static string Read(ReaderLimits limits)
        {
            try
            {
                VmmapCsvImport.Read(new StringReader(Small.TrimEnd()), default, limits);
                return "";
            }
            catch (InvalidDataException e)
            {
                return e.Message;
            }
        }
    }
}
