using System.Globalization;
using System.Text;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Formats.Profiles;

/// <summary>Call sites as collapsed stacks: a line each, "root;caller;leaf 4096", for flamegraph.pl and its like.</summary>
public static class CollapsedExport
{
    public static void Write(TraceStore store, NodeFrames frames, SiteValue value, Stream to)
    {
        using var text = new StreamWriter(to, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        for (var row = 0; row < store.Sites.Count; row++)
        {
            var amount = value.Of(store.Sites[row]);
            if (amount <= 0)
                continue;
            var names = frames.Stack(store.Sites.Site(row)).Select(f => Name(frames.Texts[f.Function])).Reverse().ToList();
            text.Write(names.Count == 0 ? "(no stack)" : string.Join(';', names));
            text.WriteLine(string.Create(CultureInfo.InvariantCulture, $" {amount}"));
        }
    }

    /// <summary>Semicolons part frames and line ends part stacks; a blank in a name is fine, since the last one parts the figure.</summary>
    static string Name(string function) => PrintableText.Of(function).Replace(';', ':');
}
