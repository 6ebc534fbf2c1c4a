using System.Globalization;
using VmAtlas.Model;

namespace VmAtlas.Capture;

/// <summary>Who owns what of the mappings read. First come, first served: a later claim gets what is left.</summary>
/// <remarks>
/// Most claims take whole mappings, which costs one array element. A claim that takes part of a mapping (one of two stacks that
/// the kernel merged), or gives parts of it labels of their own (sections), cuts the mapping into pieces; the pieces get their
/// measures from <see cref="SnapshotAssembler"/>.
/// </remarks>
public sealed class ClaimList
{
    /// <summary>A part of one mapping: owned by a region, or by nobody (-1).</summary>
    internal readonly record struct Piece(ulong Start, ulong End, int Region, int Label, BlockFlags Facts)
    {
        public bool Continues(Piece before) => (Region, Label, Facts) == (before.Region, before.Label, before.Facts);
    }

    /// <summary>In place of an owner's number.</summary>
    const int Nobody = -1, InPieces = -2;

    readonly BlockTable _mappings;
    readonly StringTable _strings;
    readonly bool _cutForLabels;
    readonly int[] _owners;
    readonly Dictionary<int, List<Piece>> _pieces = [];

    /// <param name="cutForLabels">False leaves mappings whole where only labels would cut them.</param>
    public ClaimList(BlockTable mappings, StringTable strings, bool cutForLabels = true)
    {
        _mappings = mappings;
        _strings = strings;
        _cutForLabels = cutForLabels;
        _owners = new int[mappings.Count];
        Array.Fill(_owners, Nobody);
    }

    /// <summary>The regions made so far. Order and spans are settled by the assembler.</summary>
    internal RegionTable Regions { get; } = new();

    /// <summary>Number of the annotator at work: set by the pipeline.</summary>
    internal byte Annotator { get; set; }

    /// <summary>A new region, to which <see cref="Claim(int, int)"/> then gives mappings. One that gets none is dropped.</summary>
    /// <param name="reason">The evidence, in a sentence a person can read.</param>
    public int AddRegion(MemoryType type, string details, string reason) =>
        Regions.Add(type, _strings.Intern(details), _strings.Intern(reason), Annotator);

    /// <summary>The same with texts already interned: for loops over many mappings.</summary>
    public int AddRegion(MemoryType type, int details, int reason) => Regions.Add(type, details, reason, Annotator);

    /// <summary>A named fact of a region: shown by <c>at</c>, <c>--why</c> and json.</summary>
    public void AddFact(int region, string key, string value) =>
        Regions.AddFact(new RegionFact(region, _strings.Intern(key), _strings.Intern(value)));

    /// <summary>The same of a number: in loops over very many regions.</summary>
    public void AddFact(int region, string key, ulong value)
    {
        Span<byte> digits = stackalloc byte[20];
        value.TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture);
        Regions.AddFact(new RegionFact(region, _strings.Intern(key), _strings.Intern(digits[..length])));
    }

    /// <summary>Whether nobody has claimed any byte of the mapping.</summary>
    public bool IsFree(int mapping) => _owners[mapping] == Nobody;

    /// <summary>The owner of each mapping; below zero where there is none or several.</summary>
    internal ReadOnlySpan<int> Owners => _owners;

    /// <summary>The region that owns the whole mapping; -1 when nobody does or it is in pieces.</summary>
    public int OwnerOf(int mapping) => Math.Max(Nobody, _owners[mapping]);

    /// <summary>Claims a whole mapping, or what is left of it.</summary>
    public void Claim(int region, int mapping)
    {
        if (IsFree(mapping))
            _owners[mapping] = region;
        else if (_owners[mapping] < 0)
            ClaimRange(region, _mappings.Range(mapping));
    }

    /// <summary>Claims what is unclaimed of a range of addresses, cutting mappings at its ends.</summary>
    /// <param name="label">What these blocks are within the region ("guard"); empty keeps the label they have.</param>
    public void ClaimRange(int region, AddressRange range, string label = "", BlockFlags facts = BlockFlags.None)
    {
        var text = _strings.Intern(label);
        for (var mapping = FirstEndingAfter(range.Start.Value); mapping < _mappings.Count && _mappings.Starts[mapping] < range.End.Value; mapping++)
        {
            if (IsFree(mapping) && range.Contains(_mappings.Range(mapping)))
            {
                _owners[mapping] = region;
                Describe(mapping, text, facts);
            }
            else if (_owners[mapping] < 0)
            {
                ClaimPart(region, mapping, range, text, facts);
            }
        }
    }

    void ClaimPart(int region, int mapping, AddressRange range, int text, BlockFlags facts) =>
        Overlay(mapping, _mappings.Range(mapping).Intersect(range), p => p.Region >= 0 ? p
            : p with { Region = region, Label = text == 0 ? p.Label : text, Facts = p.Facts | facts });

    /// <summary>Names a range within a region already claimed, cutting its mappings into blocks at the range's ends.
    /// Other regions' bytes keep their names.</summary>
    public void Label(int region, AddressRange range, string label, BlockFlags facts = BlockFlags.None)
    {
        var text = _strings.Intern(label);
        foreach (var mapping in MappingsIn(range))
        {
            var whole = _mappings.Range(mapping);
            if (_owners[mapping] == region && range.Contains(whole))
                Describe(mapping, text, facts);
            else if (_cutForLabels)
                Overlay(mapping, whole.Intersect(range), p => p.Region == region ? p with { Label = text, Facts = p.Facts | facts } : p);
        }
    }

    /// <summary>Says what a mapping is that nobody has claimed, and leaves it to whoever claims it.</summary>
    public void Note(int mapping, string label)
    {
        if (IsFree(mapping))
            _mappings.SetLabel(mapping, _strings.Intern(label));
    }

    /// <summary>Numbers of the mappings that overlap a range.</summary>
    public IEnumerable<int> MappingsIn(AddressRange range)
    {
        for (var i = FirstEndingAfter(range.Start.Value); i < _mappings.Count && _mappings.Starts[i] < range.End.Value; i++)
            yield return i;
    }

    public AddressRange RangeOf(int mapping) => _mappings.Range(mapping);

    /// <summary>The mapping's pieces in order, or null when it is whole.</summary>
    internal List<Piece>? PiecesOf(int mapping) => _pieces.GetValueOrDefault(mapping);

    internal bool HasPieces => _pieces.Count > 0;

    void Describe(int mapping, int label, BlockFlags facts)
    {
        if (label != 0)
            _mappings.SetLabel(mapping, label);
        if (facts != BlockFlags.None)
            _mappings.SetFacts(mapping, _mappings.Facts[mapping] | facts);
    }

    /// <summary>Cuts the mapping at the range's ends, widened to whole pages, and changes the pieces inside.</summary>
    void Overlay(int mapping, AddressRange range, Func<Piece, Piece> change)
    {
        if (range.IsEmpty)
            return;
        var page = 1UL << _mappings.PageShifts[mapping];
        var start = range.Start.Value & ~(page - 1);
        var end = unchecked(range.End.Value + page - 1) & ~(page - 1);
        end = end == 0 ? _mappings.Ends[mapping] : Math.Min(_mappings.Ends[mapping], end);
        if (!_pieces.TryGetValue(mapping, out var pieces))
        {
            var whole = _mappings.Range(mapping);
            pieces = [new Piece(whole.Start.Value, whole.End.Value, _owners[mapping], _mappings.Labels[mapping], BlockFlags.None)];
            if (change(pieces[0]) == pieces[0])
                return;
            _pieces.Add(mapping, pieces);
            _owners[mapping] = InPieces;
        }
        var first = FirstEndingAfter(pieces, start);
        var next = first;
        while (next < pieces.Count && pieces[next].Start < end)
            next = Change(pieces, next, start, end, change);
        Join(pieces, Math.Max(1, first), Math.Min(next, pieces.Count - 1));
        if (pieces.Count == 1)
            MakeWhole(mapping, pieces[0]);
    }

    /// <summary>Changes one piece, or the part of it that is in the range, and returns the number of the piece after it.</summary>
    static int Change(List<Piece> pieces, int index, ulong start, ulong end, Func<Piece, Piece> change)
    {
        var piece = pieces[index];
        var changed = change(piece);
        if (changed == piece)
            return index + 1;
        var (from, to) = (Math.Max(piece.Start, start), Math.Min(piece.End, end));
        pieces[index] = changed with { Start = from, End = to };
        if (to < piece.End)
            pieces.Insert(index + 1, piece with { Start = to });
        if (piece.Start < from)
            pieces.Insert(index++, piece with { End = from });
        return index + 1;
    }

    /// <summary>Joins pieces [first, last] each with the one before it where nothing tells them apart.</summary>
    static void Join(List<Piece> pieces, int first, int last)
    {
        for (var i = last; i >= first; i--)
        {
            if (!pieces[i].Continues(pieces[i - 1]))
                continue;
            pieces[i - 1] = pieces[i - 1] with { End = pieces[i].End };
            pieces.RemoveAt(i);
        }
    }

    void MakeWhole(int mapping, Piece piece)
    {
        _pieces.Remove(mapping);
        _owners[mapping] = piece.Region;
        Describe(mapping, piece.Label, piece.Facts);
    }

    int FirstEndingAfter(ulong address)
    {
        var (low, high) = (0, _mappings.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_mappings.Ends[middle] > address)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

    static int FirstEndingAfter(List<Piece> pieces, ulong address)
    {
        var (low, high) = (0, pieces.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (pieces[middle].End > address)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }
}
