namespace VmAtlas.Formats.Vmatlas;

/// <summary>Single facts as rows: a name, and a text (its number + 1) or, where that is 0, a number. One that is not known has no row.</summary>
sealed class FactRows(StringNumbers strings)
{
    readonly List<(ulong Key, ulong Text, ulong Number)> _rows = [];

    public void Text(string key, string? text)
    {
        if (text is not null)
            _rows.Add((strings.Of(key), strings.Of(text) + 1, 0));
    }

    public void Number(string key, ulong? number)
    {
        if (number is { } n)
            _rows.Add((strings.Of(key), 0, n));
    }

    public void Write(FrameImage frame, string name)
    {
        var table = frame.Reset(name, _rows.Count);
        var (key, text, number) = (table.Next("key"), table.Next("text"), table.Next("number"));
        var keys = key.Edit();
        var texts = text.Edit();
        var numbers = number.Edit();
        for (var i = 0; i < _rows.Count; i++)
            (keys[i], texts[i], numbers[i]) = _rows[i];
        keys.CopyTo(table.Keys);
        key.Settle();
        text.Settle();
        number.Settle();
        table.End();
    }
}
