using System.Text;
using System.Text.Json;
using VmAtlas.Formats.Export;
using VmAtlas.Formats.Vmmap;
using VmAtlas.Model;

namespace VmAtlas.Formats.Tests.Export;

public sealed class ExportTests
{
    static string Text(Action<TextWriter> write)
    {
        var output = new StringWriter();
        write(output);
        return output.ToString();
    }

    static JsonElement Json(Snapshot snapshot, JsonOptions options)
    {
        var stream = new MemoryStream();
        JsonSnapshot.Write(snapshot, stream, options);
        return JsonDocument.Parse(stream.ToArray()).RootElement;
    }

    [Fact]
    public void Csv_is_as_VMMap_lays_it_out() =>
        Golden.ShouldMatch(Text(o => VmmapCsv.Write(ExportSample.Make(), o)), "export.csv");

    [Fact]
    public void Csv_with_gaps_has_rows_for_them() =>
        Golden.ShouldMatch(Text(o => VmmapCsv.Write(ExportSample.Make(), o, gaps: true)), "export-gaps.csv");

    [Fact]
    public void Text_has_the_same_rows_in_columns() =>
        Golden.ShouldMatch(Text(o => VmmapText.Write(ExportSample.Make(), o)), "export.txt");

    [Fact]
    public void Json_says_everything()
    {
        var stream = new MemoryStream();
        JsonSnapshot.Write(ExportSample.Make(), stream, new JsonOptions { Blocks = true, Indented = true });
        Golden.ShouldMatch(Encoding.UTF8.GetString(stream.ToArray()) + "\n", "export.json");
    }

    [Fact]
    public void No_control_character_of_a_name_reaches_a_file_raw()
    {
        foreach (var text in (string[])[Text(o => VmmapCsv.Write(ExportSample.Make(), o)), Text(o => VmmapText.Write(ExportSample.Make(), o))])
        {
            text.ShouldNotContain('\x1b');
            text.ShouldNotContain('\u202e');
            text.ShouldContain(@"\x1b[31mred\u202e\x0a");
        }
        var json = new MemoryStream();
        JsonSnapshot.Write(ExportSample.Make(), json, new JsonOptions());
        Encoding.UTF8.GetString(json.ToArray()).Where(c => c < ' ').ShouldBeEmpty();
    }

    [Fact]
    public void Json_leaves_out_what_is_absent_and_the_arrays_not_asked_for()
    {
        var region = Json(ExportSample.Make(), new JsonOptions()).GetProperty("regions")[0];
        region.TryGetProperty("swap", out _).ShouldBeFalse();
        region.TryGetProperty("blocks", out _).ShouldBeFalse();
        region.GetProperty("pss").GetUInt64().ShouldBe(908UL << 9);
        Json(ExportSample.Make(), new JsonOptions { Regions = false }).TryGetProperty("regions", out _).ShouldBeFalse();
    }

    [Fact]
    public void Json_sums_are_those_of_the_summary()
    {
        var snapshot = new RandomSnapshots(91).With(2000).Take();
        var json = Json(snapshot, new JsonOptions { Blocks = true });
        json.GetProperty("summary")[0].GetProperty("type").GetString().ShouldBe("Total");
        json.GetProperty("summary")[0].GetProperty("totalWs").GetUInt64().ShouldBe(snapshot.Summary.Total.Measures[Measure.TotalWs]);
        foreach (var region in json.GetProperty("regions").EnumerateArray())
            region.GetProperty("size").GetUInt64().ShouldBe((ulong)region.GetProperty("blocks").EnumerateArray().Sum(b => b.GetProperty("size").GetInt64()));
        json.GetProperty("regions").GetArrayLength().ShouldBe(snapshot.Regions.Count);
    }

    [Theory]
    [InlineData(0, "Reserved")]
    [InlineData(Protection.Read, "Read")]
    [InlineData(Protection.Read | Protection.Write | Protection.Guard, "Read/Write/Guard")]
    [InlineData(Protection.Read | Protection.CopyOnWrite, "Copy on write")]
    [InlineData(Protection.Execute | Protection.Read | Protection.CopyOnWrite, "Execute/Copy on Write")]
    [InlineData(Protection.Read | Protection.Write | Protection.WriteCombine, "Read/Write/WriteCombine")]
    [InlineData(Protection.Read | Protection.Write | Protection.NoCache, "Read/Write/NoCache")]
    public void Protections_are_read_back_from_words_and_constants(Protection protection, string words)
    {
        protection.ToVmmapText().ShouldBe(words);
        VmmapWords.ParseProtection(words).ShouldBe(protection);
        PageConstants.ToProtection(PageConstants.Of(protection)).ShouldBe(protection);
    }

    [Fact]
    public void Protections_of_devices_are_read_with_what_is_added() =>
        VmmapWords.ParseProtection("Read/Write/WriteCombine").ShouldBe(Protection.Read | Protection.Write | Protection.WriteCombine);
}
