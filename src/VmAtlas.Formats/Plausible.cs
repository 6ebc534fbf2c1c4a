using VmAtlas.Model;

namespace VmAtlas.Formats;

/// <summary>Refuses numbers of a file that no system can have given and that would overflow the sums every view makes.</summary>
static class Plausible
{
    /// <summary>Beyond this no user address space ends, whatever the machine (x86-64: 2^56 with five levels, arm64: 2^52).</summary>
    const ulong MaxEnd = 1UL << 62;

    public static void Check(Snapshot snapshot)
    {
        if (snapshot.Layout.End.Value > MaxEnd || snapshot.PageTables?.Bytes > MaxEnd || snapshot.Layout.Lowest > snapshot.Layout.End)
            throw new InvalidDataException("the address space described is larger than any machine's");
        var blocks = snapshot.Blocks;
        var sizes = 0UL;
        for (var i = 0; i < blocks.Count; i++)
            sizes = Add(sizes, blocks.Ends[i] - blocks.Starts[i], Measure.Size);
        for (var m = Measure.Committed; (int)m < Measures.Count; m++)
            CheckColumn(blocks, m);
    }

    /// <summary>The laws do not have to hold in a file that somebody else wrote, but sums must not overflow, nor Total WS − Private WS.</summary>
    static void CheckColumn(BlockTable blocks, Measure measure)
    {
        var values = blocks.Column(measure);
        var sum = 0UL;
        for (var i = 0; i < values.Length; i++)
        {
            sum = Add(sum, values[i], measure);
            if (measure == Measure.PrivateWs && values[i] > blocks.Get(Measure.TotalWs, i))
                throw new InvalidDataException($"Private WS of block {blocks.Range(i)} is more than its Total WS");
        }
    }

    static ulong Add(ulong sum, ulong value, Measure measure) => value <= MaxEnd - sum
        ? sum + value
        : throw new InvalidDataException($"{measure.Title()} of all blocks together is larger than any address space");
}
