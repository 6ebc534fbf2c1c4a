using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VmAtlas.Model.Tracing;

/// <summary>The figures that every event changes, where they can be reached without a detour.</summary>
unsafe struct SiteLedger
{
    /// <summary>By their numbers. Both are pinned by the <see cref="SiteTable"/>, and change place when it grows.</summary>
    public SiteShare* Shares;
    public SiteRow* Rows;

    public long LiveBytes, PeakBytes, PeakTime;

    /// <summary>Rises with each peak that is met; see <see cref="SiteShare.AtPeak"/>.</summary>
    public uint PeakNumber;

    /// <summary>The last change was a new peak.</summary>
    uint _isClimbing;

    /// <summary>Blocks given back on the short way.</summary>
    public long FreedCount;

    /// <param name="fate">One of <see cref="BlockFate"/>.</param>
    /// <param name="bytes">Not negative.</param>
    /// <param name="freed">All ones unless the fate is <see cref="BlockFate.HandedOut"/>, else 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Change(int share, nuint fate, long freed, long bytes, double count, long time)
    {
        var account = Shares + (nuint)(uint)share;
        var row = Rows + (nuint)(uint)account->Site;
        var change = unchecked((bytes ^ freed) - freed);
        row->Live = unchecked(row->Live + change);
        if (row->Live > row->Peak)
            row->Peak = row->Live;
        LiveBytes = unchecked(LiveBytes + change);
        if (LiveBytes > PeakBytes)
            Climb(time);
        else
            Keep(account);
        var sum = (SumOfBlocks*)account + fate;
        sum->Bytes = unchecked(sum->Bytes + bytes);
        sum->Count = sum->Count + count;
    }

    /// <summary>A new peak. While one follows the other nothing needs to be remembered of any of them but the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Climb(long time)
    {
        (PeakBytes, PeakTime) = (LiveBytes, time);
        PeakNumber = unchecked(PeakNumber + 1 - _isClimbing);
        _isClimbing = 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Keep(SiteShare* share)
    {
        _isClimbing = 0;
        if (share->PeakNumber == PeakNumber)
            return;
        share->PeakNumber = PeakNumber;
        share->AtPeak = share->Live;
    }
}

/// <summary>What all threads together hold of a call site.</summary>
[StructLayout(LayoutKind.Sequential)]
struct SiteRow
{
    public long Live, Peak;

    /// <summary>What it held when changes were last taken.</summary>
    public long Told;

    public uint Node;

    /// <summary>The number of the share that was made last.</summary>
    public int LastShare;
}
