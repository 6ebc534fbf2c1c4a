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
    internal readonly record struct Piece(ulong Start, ulong End, int Region, int Label, BlockFlags Facts);

    readonly BlockTable _mappings;
    readonly StringTable _strings;
    readonly int[] _owners;
    readonly Dictionary<int, List<Piece>> _pieces = [];

    public ClaimList(BlockTable mappings, StringTable strings)
    {
        _mappings = mappings;
        _strings = strings;
        _owners = new int[mappings.Count];
        Array.Fill(_owners, -1);
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

    /// <summary>Whether nobody has claimed any byte of the mapping.</summary>
    public bool IsFree(int mapping) => _owners[mapping] < 0 && !_pieces.ContainsKey(mapping);

    /// <summary>The region that owns the whole mapping; -1 when nobody does or it is in pieces.</summary>
    public int OwnerOf(int mapping) => _owners[mapping];

    /// <summary>Claims a whole mapping, or what is left of it.</summary>
    public void Claim(int region, int mapping)
    {
        if (IsFree(mapping))
            _owners[mapping] = region;
        else if (_owners[mapping] < 0)
            ClaimRange(region, _mappings.Range(mapping));
    }

    /// <summary>Claims what is unclaimed of a range of addresses, cutting mappings at its ends.</summary>
    /// <param name="label">What these blocks are within the region ("guard"); empty for none.</param>
    public void ClaimRange(int region, AddressRange range, string label = "", BlockFlags facts = BlockFlags.None)
    {
        var text = _strings.Intern(label);
        foreach (var mapping in MappingsIn(range))
        {
            var whole = _mappings.Range(mapping);
            if (IsFree(mapping) && range.Contains(whole))
            {
                _owners[mapping] = region;
                if (label.Length > 0)
                    _mappings.SetLabel(mapping, text);
                if (facts != BlockFlags.None)
                    _mappings.SetFacts(mapping, _mappings.Facts[mapping] | facts);
            }
            else if (_owners[mapping] < 0)
            {
                var part = whole.Intersect(range);
                Overlay(mapping, part, p => p.Region < 0 ? p with { Region = region, Label = text, Facts = p.Facts | facts } : p);
            }
        }
    }

    /// <summary>Names a range within a region already claimed, cutting its mappings into blocks at the range's ends.
    /// Other regions' bytes keep their names.</summary>
    public void Label(int region, AddressRange range, string label, BlockFlags facts = BlockFlags.None)
    {
        var text = _strings.Intern(label);
        foreach (var mapping in MappingsIn(range))
        {
            var whole = _mappings.Range(mapping);
            if (_owners[mapping] == region && range.Contains(whole))
            {
                _mappings.SetLabel(mapping, text);
                _mappings.SetFacts(mapping, _mappings.Facts[mapping] | facts);
            }
            else
            {
                Overlay(mapping, whole.Intersect(range), p => p.Region == region ? p with { Label = text, Facts = p.Facts | facts } : p);
            }
        }
    }

    /// <summary>Numbers of the mappings that overlap a range.</summary>
    public IEnumerable<int> MappingsIn(AddressRange range)
    {
        for (var i = FirstEndingAfter(range.Start.Value); i < _mappings.Count && _mappings.Starts[i] < range.End.Value; i++)
            yield return i;
    }

    /// <summary>The mapping's pieces in order, or null when it is whole.</summary>
    internal List<Piece>? PiecesOf(int mapping) => _pieces.GetValueOrDefault(mapping);

    internal bool HasPieces => _pieces.Count > 0;

    /// <summary>Cuts the mapping at the range's ends, widened to whole pages, and changes the pieces inside.</summary>
    void Overlay(int mapping, AddressRange range, Func<Piece, Piece> change)
    {
        if (range.IsEmpty)
            return;
        var page = 1UL << _mappings.PageShifts[mapping];
        var start = range.Start.Value & ~(page - 1);
        var end = Math.Min(_mappings.Ends[mapping], unchecked(range.End.Value + page - 1) & ~(page - 1));
        if (!_pieces.TryGetValue(mapping, out var pieces))
        {
            var whole = _mappings.Range(mapping);
            pieces = [new Piece(whole.Start.Value, whole.End.Value, _owners[mapping], _mappings.Labels[mapping], BlockFlags.None)];
            if (change(pieces[0]) == pieces[0])
                return;
            _pieces.Add(mapping, pieces);
            _owners[mapping] = -1;
        }
        var result = new List<Piece>(pieces.Count + 2);
        foreach (var piece in pieces)
        {
            var (from, to) = (Math.Max(piece.Start, start), Math.Min(piece.End, end));
            var changed = from < to ? change(piece) : piece;
            if (changed == piece)
            {
                result.Add(piece);
                continue;
            }
            if (piece.Start < from)
                result.Add(piece with { End = from });
            result.Add(changed with { Start = from, End = to });
            if (to < piece.End)
                result.Add(piece with { Start = to });
        }
        _pieces[mapping] = result;
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
}
