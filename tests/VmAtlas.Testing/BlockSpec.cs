using VmAtlas.Model;

namespace VmAtlas.Testing;

/// <summary>One block of a made-up snapshot. What is not said follows from the rest as it does for a live process.</summary>
public sealed record BlockSpec(ulong Start, ulong Size)
{
    /// <summary>As maps has it: "rw-p".</summary>
    public string Access { get; init; } = "rw-p";

    public string Name { get; init; } = "";

    public string Label { get; init; } = "";

    public string Flags { get; init; } = "rd wr mr mw me ac";

    public BlockFlags Facts { get; init; } = BlockFlags.StartsMapping;

    public uint Device { get; init; }

    public ulong Inode { get; init; }

    public ulong Offset { get; init; }

    public byte PageShift { get; init; } = 12;

    /// <summary>Bytes in memory.</summary>
    public ulong Resident { get; init; }

    /// <summary>The resident bytes that are private; all of them for anonymous memory.</summary>
    public ulong? Own { get; init; }

    /// <summary>Resident bytes another process maps.</summary>
    public ulong Shared { get; init; }

    public ulong Swap { get; init; }

    /// <summary>Measures to set besides, over what follows from the rest.</summary>
    public IReadOnlyDictionary<Measure, ulong> Measures { get; init; } = new Dictionary<Measure, ulong>();

    bool IsShared => Access[3] == 's';

    bool IsAccessible => Access[..3] != "---";

    internal void Write(BlockTable blocks, StringTable strings, int region)
    {
        var row = blocks.Add(Start, Start + Size);
        blocks.SetRegion(row, region);
        blocks.SetName(row, strings.Intern(Name));
        blocks.SetLabel(row, strings.Intern(Label));
        blocks.SetFlags(row, VmFlags.Parse(Flags));
        blocks.SetFacts(row, Facts);
        blocks.SetFile(row, Device, Inode, Offset);
        blocks.SetPages(row, PageShift, 0);
        blocks.SetProtection(row, (Access[0] == 'r' ? Protection.Read : 0) | (Access[1] == 'w' ? Protection.Write : 0)
            | (Access[2] == 'x' ? Protection.Execute : 0) | (IsShared ? Protection.Shared : 0));
        WriteMeasures(blocks, row);
    }

    void WriteMeasures(BlockTable blocks, int row)
    {
        var own = Own ?? (IsShared || Inode != 0 ? 0 : Resident - Shared);
        var committed = IsAccessible ? Size : Resident + Swap;
        var charged = IsShared ? 0 : Inode == 0 || Access[1] == 'w' ? committed : own + Swap;
        blocks.Set(Measure.Committed, row, committed);
        blocks.Set(Measure.Private, row, charged);
        blocks.Set(Measure.TotalWs, row, Resident);
        blocks.Set(Measure.PrivateWs, row, own);
        blocks.Set(Measure.SharedWs, row, Shared);
        blocks.Set(Measure.Uss, row, Resident - Shared);
        blocks.Set(Measure.Pss, row, Resident - Shared + (Shared / 2));
        blocks.Set(Measure.Anonymous, row, own);
        blocks.Set(Measure.Dirty, row, own);
        blocks.Set(Measure.Referenced, row, Resident);
        blocks.Set(Measure.Swap, row, Swap);
        blocks.Set(Measure.SwapPss, row, Swap);
        foreach (var (measure, bytes) in Measures)
            blocks.Set(measure, row, bytes);
    }
}
