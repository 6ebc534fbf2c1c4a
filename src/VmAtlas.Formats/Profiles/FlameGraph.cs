using System.Globalization;
using System.Text;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Formats.Profiles;

/// <summary>A call tree as a picture: SVG that needs nothing else. Width is the value, height the depth of the stack, the root below; a title shows each
/// box's figures.</summary>
public static class FlameGraph
{
    const int Width = 1200, BoxHeight = 17, Margin = 10, Header = 40, LetterWidth = 7;
    const double Narrowest = 0.4;
    const int Deepest = 400;

    public static void Write(CallTree tree, SiteValue value, string title, Stream to)
    {
        using var svg = new StreamWriter(to, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        var boxes = Boxes(tree, value);
        var height = Header + (boxes.Count == 0 ? 1 : boxes.Max(b => b.Depth) + 1) * BoxHeight + Margin;
        svg.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height}\" viewBox=\"0 0 {Width} {height}\" font-family=\"monospace\" font-size=\"12\">"));
        svg.WriteLine("<rect width=\"100%\" height=\"100%\" fill=\"#fffaf0\"/>");
        svg.WriteLine($"<text x=\"{Margin}\" y=\"24\" font-size=\"15\">{Safe(title)}: {value.Name()}</text>");
        foreach (var box in boxes)
            WriteBox(svg, box, tree, value, height);
        svg.WriteLine("</svg>");
    }

    readonly record struct Box(int Row, int Depth, double Left, double Width);

    /// <summary>Boxes wide enough to be seen, each beside its siblings above its parent, in order of name so that two pictures compare.</summary>
    static List<Box> Boxes(CallTree tree, SiteValue value)
    {
        var boxes = new List<Box>();
        var whole = value.Of(tree.Figures(0));
        if (whole <= 0)
            return boxes;
        var next = new Stack<Box>([new Box(0, 0, Margin, Width - 2 * Margin)]);
        while (next.TryPop(out var box))
        {
            boxes.Add(box);
            if (box.Depth >= Deepest)
                continue;
            var left = box.Left;
            foreach (var child in tree.Children(box.Row).OrderBy(c => tree.Label(c).Text, StringComparer.Ordinal))
            {
                var width = (Width - 2 * Margin) * (double)value.Of(tree.Figures(child)) / whole;
                if (width >= Narrowest)
                    next.Push(new Box(child, box.Depth + 1, left, width));
                left += Math.Max(0, width);
            }
        }
        return boxes;
    }

    static void WriteBox(StreamWriter svg, Box box, CallTree tree, SiteValue value, int height)
    {
        var name = box.Row == 0 ? "all" : tree.Label(box.Row).Text;
        var y = height - Margin - (box.Depth + 1) * BoxHeight;
        var amount = value.Of(tree.Figures(box.Row));
        var share = 100.0 * amount / value.Of(tree.Figures(0));
        svg.Write(string.Create(CultureInfo.InvariantCulture,
            $"<g><title>{Safe(name)}: {amount:N0} ({share:0.0} %)</title><rect x=\"{box.Left:0.##}\" y=\"{y}\" width=\"{box.Width:0.##}\" height=\"{BoxHeight - 1}\" rx=\"2\" fill=\"{Colour(name)}\"/>"));
        var letters = (int)((box.Width - 6) / LetterWidth);
        if (letters >= 3)
            svg.Write(string.Create(CultureInfo.InvariantCulture, $"<text x=\"{box.Left + 3:0.##}\" y=\"{y + 12}\">{Safe(Cut(name, letters))}</text>"));
        svg.WriteLine("</g>");
    }

    static string Cut(string name, int letters) => name.Length <= letters ? name : name[..(letters - 1)] + "…";

    /// <summary>Warm, and always the same for the same name.</summary>
    static string Colour(string name)
    {
        var hash = 2166136261u;
        foreach (var c in name)
            hash = unchecked((hash ^ c) * 16777619);
        return string.Create(CultureInfo.InvariantCulture, $"hsl({hash % 45},{70 + (hash >> 8) % 25}%,{62 + (hash >> 16) % 12}%)");
    }

    static string Safe(string text)
    {
        var printable = PrintableText.Of(text);
        var safe = new StringBuilder(printable.Length);
        foreach (var c in printable)
        {
            safe.Append(c switch
            {
                '<' => "&lt;",
                '>' => "&gt;",
                '&' => "&amp;",
                '"' => "&quot;",
                _ when char.IsSurrogate(c) || c is '\ufffe' or '\uffff' => "?",
                _ => c.ToString(),
            });
        }
        return safe.ToString();
    }
}
