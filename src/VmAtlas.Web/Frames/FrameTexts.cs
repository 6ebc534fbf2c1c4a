using VmAtlas.Formats.Frame;

namespace VmAtlas.Web.Frames;

/// <summary>Texts of whatever source under one numbering, for columns of a frame. Number 0 is the empty text.</summary>
sealed class FrameTexts
{
    readonly Dictionary<string, uint> _numbers = new() { [""] = 0 };

    public List<string> All { get; } = [""];

    /// <summary>The values are made at once, because the header before them holds the texts they use.</summary>
    public FrameColumn Column(string name, int count, Func<int, string> text)
    {
        var numbers = new uint[count];
        for (var i = 0; i < count; i++)
            numbers[i] = NumberOf(text(i));
        return FrameColumn.Unsigned(name, "string", i => numbers[i]);
    }

    uint NumberOf(string text)
    {
        if (_numbers.TryGetValue(text, out var number))
            return number;
        _numbers.Add(text, number = (uint)All.Count);
        All.Add(text);
        return number;
    }
}
