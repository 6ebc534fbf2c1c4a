using VmAtlas.Model;

namespace VmAtlas.Capture;

/// <summary>From mappings and claims to the blocks and regions of a snapshot.</summary>
static class SnapshotAssembler
{
    /// <summary>Exact-sized copies, which nobody writes any more; runs of whole mappings are copied at once.</summary>
    /// <param name="takeOver">The mappings are not needed any more and become the blocks where none is cut.</param>
    public static (BlockTable Blocks, RegionTable Regions) Assemble(BlockTable mappings, ClaimList claims, IPageSource? pages, bool takeOver)
    {
        mappings.SetRegions(claims.Owners);
        var blocks = claims.HasPieces ? Cut(mappings, claims, pages) : takeOver ? mappings : Copy(mappings);
        return (blocks, Number(blocks, claims.Regions));
    }

    static BlockTable Copy(BlockTable mappings)
    {
        var blocks = new BlockTable(mappings.Count);
        blocks.AddRows(mappings, 0, mappings.Count);
        return blocks;
    }

    static BlockTable Cut(BlockTable mappings, ClaimList claims, IPageSource? pages)
    {
        var rows = mappings.Count;
        for (var i = 0; i < mappings.Count; i++)
            rows += claims.PiecesOf(i) is { } pieces ? pieces.Count - 1 : 0;
        var blocks = new BlockTable(rows);
        var measures = new PieceMeasures(mappings, pages);
        var copied = 0;
        for (var i = 0; i < mappings.Count; i++)
        {
            if (claims.PiecesOf(i) is not { } pieces)
                continue;
            blocks.AddRows(mappings, copied, i - copied);
            copied = i + 1;
            AddPieces(mappings, i, pieces, blocks, measures);
        }
        blocks.AddRows(mappings, copied, mappings.Count - copied);
        return blocks;
    }

    static void AddPieces(BlockTable mappings, int mapping, List<ClaimList.Piece> pieces, BlockTable blocks, PieceMeasures measures)
    {
        var first = blocks.Count;
        foreach (var piece in pieces)
        {
            var row = blocks.Add(piece.Start, piece.End);
            var into = piece.Start - mappings.Starts[mapping];
            var offset = mappings.Inodes[mapping] == 0 ? mappings.Offsets[mapping] : mappings.Offsets[mapping] + into;
            blocks.SetFile(row, mappings.Devices[mapping], mappings.Inodes[mapping], offset);
            blocks.SetName(row, mappings.Names[mapping]);
            blocks.SetLabel(row, piece.Label);
            blocks.SetRegion(row, piece.Region);
            blocks.SetProtection(row, mappings.Protections[mapping]);
            blocks.SetFlags(row, mappings.Flags[mapping]);
            blocks.SetPages(row, mappings.PageShifts[mapping], mappings.ProtectionKeys[mapping]);
            var facts = mappings.Facts[mapping] | piece.Facts;
            blocks.SetFacts(row, row == first ? facts : facts & ~(BlockFlags.StartsMapping | BlockFlags.Clipped));
        }
        measures.Fill(mapping, blocks, first, pieces.Count);
    }

    /// <summary>Numbers the regions by their first block and drops those that got none.</summary>
    static RegionTable Number(BlockTable blocks, RegionTable claimed)
    {
        var numbers = new int[claimed.Count];
        Array.Fill(numbers, -1);
        var regions = new RegionTable();
        regions.Reserve(claimed.Count);
        var (firsts, lasts) = (new int[claimed.Count], new int[claimed.Count]);
        var owners = blocks.Regions.ToArray();
        var types = claimed.Types;
        var details = claimed.Details;
        var reasons = claimed.Reasons;
        var annotators = claimed.Annotators;
        for (var i = 0; i < owners.Length; i++)
        {
            var old = owners[i];
            if (old < 0)
                throw new InvalidOperationException($"block {blocks.Range(i)} was left without a region by every annotator");
            if (numbers[old] < 0)
            {
                numbers[old] = regions.Add(types[old], details[old], reasons[old], annotators[old]);
                firsts[numbers[old]] = i;
            }
            lasts[numbers[old]] = i;
            owners[i] = numbers[old];
        }
        blocks.SetRegions(owners);
        regions.SetSpans(firsts, lasts);
        AddFacts(claimed.Facts, numbers, regions);
        return regions;
    }

    /// <summary>Adds the facts in order of their regions' new numbers, those of one region in the order they had: a counting sort.</summary>
    static void AddFacts(IReadOnlyList<RegionFact> facts, int[] numbers, RegionTable regions)
    {
        var places = new int[regions.Count + 1];
        foreach (var fact in facts)
        {
            if (numbers[fact.Region] >= 0)
                places[numbers[fact.Region] + 1]++;
        }
        for (var i = 1; i < places.Length; i++)
            places[i] += places[i - 1];
        var sorted = new RegionFact[places[^1]];
        foreach (var fact in facts)
        {
            if (numbers[fact.Region] is >= 0 and var number)
                sorted[places[number]++] = fact with { Region = number };
        }
        foreach (var fact in sorted)
            regions.AddFact(fact);
    }
}
