using System.Text.Json;
using VmAtlas.Capture;
using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>Pages of regions: a strip of characters, each for one or more pages, and counts; as json, runs of equal pages.</summary>
sealed class PageReport(Snapshot snapshot, IPageSource pages, CancellationToken cancellation)
{
    const int Lines = 8;
    const int AddressWidth = 14;
    const int PagesAtOnce = 16384;

    /// <summary>Where addresses of programs end on 64-bit Linux; [vsyscall] alone is listed above.</summary>
    const ulong KernelHalf = 1UL << 63;

    readonly PageState[] _states = new PageState[PagesAtOnce];
    readonly ulong _page = pages.PageSize.Bytes;

    public void Write(Screen screen, int[] regions)
    {
        foreach (var index in regions)
        {
            var region = snapshot.RegionAt(index);
            screen.CutLine(Escape.Text($"{region.Start}  {region.Type.Name()}  {Figures.Kib(region.Get(Measure.Size))}  {region.Details}"), Palette.Heading);
            WriteStrip(screen, region);
            screen.Line();
        }
        WriteLegend(screen);
    }

    void WriteStrip(Screen screen, Region region)
    {
        var count = region.Get(Measure.Size) / _page;
        var width = (ulong)(screen.DrawingWidth - AddressWidth);
        var each = Math.Max(1, (count + (width * Lines) - 1) / (width * Lines));
        var strip = new PageStrip(screen, (int)width, each, _page);
        foreach (var block in region.Blocks)
        {
            strip.Begin(block.Range.Start.Value);
            Read(block.Range, (start, states) => strip.Add(start, states));
        }
        strip.End();
        screen.Line();
        screen.Sentence($"{strip.Counts()}; one character is {(each == 1 ? "a page" : $"{each:N0} pages")} of {_page >> 10} K", Palette.Muted, indent: 2);
    }

    static void WriteLegend(Screen screen)
    {
        for (var c = PageClass.Absent; (int)c < PageClasses.Count; c++)
        {
            screen.Write(screen.HasColours ? '█' : PageClasses.Letter(c), new Ink(PageClasses.Colour(c)));
            screen.Write($" {PageClasses.Name(c)}");
            screen.Write((int)c % 3 == 2 ? "\n" : "".PadRight(26 - PageClasses.Name(c).Length));
        }
        screen.Line(screen.HasColours ? "paler: only some of the pages" : "small letters: less than half of the pages", Palette.Muted);
    }

    public void WriteJson(Utf8JsonWriter json, int[] regions)
    {
        json.WriteStartObject();
        json.WriteNumber("pageSize", _page);
        json.WriteStartArray("regions");
        foreach (var index in regions)
            WriteJson(json, snapshot.RegionAt(index));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    void WriteJson(Utf8JsonWriter json, Region region)
    {
        var counts = new Dictionary<string, long>();
        json.WriteStartObject();
        json.WriteString("address", $"0x{region.Start.Value:x}");
        json.WriteString("end", $"0x{region.End.Value:x}");
        json.WriteString("type", region.Type.Name());
        json.WriteString("details", region.Details);
        json.WriteStartArray("runs");
        foreach (var block in region.Blocks)
            Read(block.Range, (start, states) => WriteRuns(json, counts, start, states));
        json.WriteEndArray();
        json.WriteStartObject("pages");
        foreach (var (word, count) in counts)
            json.WriteNumber(word, count);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>A run ends at the end of a batch too: joining them is for who reads.</summary>
    void WriteRuns(Utf8JsonWriter json, Dictionary<string, long> counts, ulong start, ReadOnlySpan<PageState> states)
    {
        for (var i = 0; i < states.Length;)
        {
            var first = i;
            while (i < states.Length && states[i] == states[first])
                i++;
            json.WriteStartObject();
            json.WriteString("address", $"0x{start + ((ulong)first * _page):x}");
            json.WriteNumber("pages", i - first);
            json.WriteStartArray("state");
            foreach (var word in PageWords.Of(states[first]))
            {
                json.WriteStringValue(word);
                counts[word] = counts.GetValueOrDefault(word) + i - first;
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        if (json.BytesPending > 1 << 16)
            json.Flush();
    }

    delegate void Batch(ulong start, ReadOnlySpan<PageState> states);

    /// <exception cref="VmAtlasException">The system would not say.</exception>
    void Read(AddressRange range, Batch batch)
    {
        for (var at = range.Start.Value; at < range.End.Value;)
        {
            cancellation.ThrowIfCancellationRequested();
            var end = at + Math.Min(range.End.Value - at, PagesAtOnce * _page);
            var states = _states.AsSpan(0, (int)((end - at) / _page));
            if (!pages.TryReadPages(AddressRange.Of(at, end), states))
                throw Unreadable(at);
            batch(at, states);
            at = end;
        }
    }

    static VmAtlasException Unreadable(ulong at) => at >= KernelHalf
        ? new(Failure.Usage, $"{new Address(at)} lies in the kernel's half of the addresses, whose pages it shows to nobody")
        : OperatingSystem.IsWindows() ? new(Failure.NotPermitted, "the system does not show this process's pages: it refuses K32QueryWorkingSetEx, so run as administrator")
        : new(Failure.NotPermitted, "the kernel does not show this process's pages: it needs CAP_SYS_PTRACE, so run with sudo or as the same user");
}
