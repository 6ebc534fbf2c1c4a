using VmAtlas.Capture;

namespace VmAtlas.Cli.Output;

/// <summary>Draws pages as characters, so many pages each, in lines that begin with their address.</summary>
/// <remarks>A character shows the most frequent class of its pages that are not absent, and how many of them are not: by its
/// density, or without colours by a capital letter for half of them or more.</remarks>
sealed class PageStrip(Screen screen, int width, ulong each, ulong pageSize)
{
    static readonly char[] s_density = ['░', '▒', '▓', '█'];

    readonly ulong[] _cell = new ulong[PageClasses.Count];
    readonly ulong[] _counts = new ulong[PageClasses.Count];
    ulong _inCell, _next;
    int _column;

    /// <summary>Where the following pages begin; a jump begins a new line.</summary>
    public void Begin(ulong address)
    {
        if (address != _next)
            End();
        _next = address;
    }

    public void Add(ulong start, ReadOnlySpan<PageState> states)
    {
        _next = start;
        foreach (var state in states)
        {
            if (_column == 0 && _inCell == 0)
                BeginLine();
            _cell[(int)PageClasses.Of(state)]++;
            _counts[(int)PageClasses.Of(state)]++;
            _next += pageSize;
            if (++_inCell == each)
                Draw();
        }
    }

    public void End()
    {
        if (_inCell > 0)
            Draw();
        _column = 0;
    }

    /// <summary>"400 pages: 12 anonymous, its own; …".</summary>
    public string Counts()
    {
        var total = _counts.Aggregate(0UL, (sum, n) => sum + n);
        var parts = Enumerable.Range(0, PageClasses.Count).Where(c => _counts[c] > 0).Select(c => $"{_counts[c]:N0} {PageClasses.Name((PageClass)c)}");
        return $"{total:N0} pages: {string.Join("; ", parts)}";
    }

    void BeginLine()
    {
        if (_counts.AsSpan().ContainsAnyExcept(0UL))
            screen.Line();
        screen.Write($"{_next:x12}  ", Palette.Muted);
    }

    void Draw()
    {
        var most = PageClass.Absent;
        for (var c = PageClass.Own; (int)c < PageClasses.Count; c++)
        {
            if (_cell[(int)c] > 0 && (most == PageClass.Absent || _cell[(int)c] > _cell[(int)most]))
                most = c;
        }
        var there = _inCell - _cell[(int)PageClass.Absent];
        if (!screen.HasColours)
            screen.Write(there * 2 >= _inCell ? PageClasses.Letter(most) : char.ToLowerInvariant(PageClasses.Letter(most)));
        else if (most == PageClass.Absent)
            screen.Write('·', new Ink(PageClasses.Colour(most)));
        else
            screen.Write(s_density[(int)Math.Min(3, there * 4 / _inCell)], new Ink(PageClasses.Colour(most)));
        Array.Clear(_cell);
        _inCell = 0;
        _column = (_column + 1) % width;
    }
}
