using VmAtlas.Model;

namespace VmAtlas.Formats.Frame;

/// <summary>The texts that the rows of one frame use, numbered anew: a long recording has many that this snapshot does not.</summary>
sealed class FrameStrings(StringTable strings)
{
    readonly int[] _numbers = new int[strings.Count];
    readonly Dictionary<ulong, uint> _flags = [];
    readonly Dictionary<string, uint> _others = [];

    /// <summary>Number 0 is the empty text.</summary>
    public List<string> Texts { get; } = [""];

    public uint Of(int number)
    {
        if (number != 0 && _numbers[number] == 0)
        {
            _numbers[number] = Texts.Count;
            Texts.Add(strings[number]);
        }
        return (uint)_numbers[number];
    }

    /// <summary>A text that is not among the snapshot's strings.</summary>
    public uint Of(string text)
    {
        if (text.Length == 0)
            return 0;
        if (!_others.TryGetValue(text, out var number))
        {
            _others.Add(text, number = (uint)Texts.Count);
            Texts.Add(text);
        }
        return number;
    }

    /// <summary>VmFlags as the kernel writes them: 64 bits do not fit a browser's number, and few combinations occur.</summary>
    public uint OfFlags(ulong flags)
    {
        if (flags == 0)
            return 0;
        if (!_flags.TryGetValue(flags, out var number))
        {
            _flags.Add(flags, number = (uint)Texts.Count);
            Texts.Add(VmFlags.ToText(flags));
        }
        return number;
    }
}
