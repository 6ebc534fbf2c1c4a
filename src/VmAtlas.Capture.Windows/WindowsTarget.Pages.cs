using System.Runtime.InteropServices;
using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows;

/// <summary>Single pages, and what disturbs the target.</summary>
public sealed partial class WindowsTarget : IPageSource, ITrimmable
{
    public ByteSize PageSize => System.PageSize;

    /// <inheritdoc/>
    public bool TryReadPages(AddressRange range, Span<PageState> pages) => _workingSet.TryReadPages(range, pages);

    /// <inheritdoc/>
    /// <remarks>What is not shareable is Anonymous here, whether it ever was of a file or not: the system does not tell.</remarks>
    public bool TryTally(AddressRange range, out PageTally tally)
    {
        var known = _workingSet.Tally(range, out var pages) == 0;
        tally = new PageTally
        {
            Resident = pages.Valid, Exclusive = pages.Valid - pages.Shared, Anonymous = pages.Own, AnonymousExclusive = pages.Own,
        };
        return known;
    }

    /// <summary>Takes every page out of the target's working set (EmptyWorkingSet). It goes on, and brings back what it touches.</summary>
    /// <exception cref="VmAtlasException">Not permitted: needs PROCESS_SET_QUOTA.</exception>
    public TrimResult Trim()
    {
        var before = ProcessCounters.Read(_calls, null).GetValueOrDefault("WorkingSetSize");
        if (_calls is not LiveCalls)
            throw new VmAtlasException(Failure.Usage, "trimming takes a live process");
        using (var process = Native.OpenProcess(Native.ProcessQueryInformation | Native.ProcessSetQuota, 0, (uint)_calls.Pid))
        {
            if (process.IsInvalid || Native.K32EmptyWorkingSet(process.DangerousGetHandle()) == 0)
                throw WindowsErrors.Refused(_calls.Pid, (uint)Marshal.GetLastPInvokeError());
        }
        var after = ProcessCounters.Read(_calls, null).GetValueOrDefault("WorkingSetSize");
        return new TrimResult(new ByteSize(before), new ByteSize(after), new ByteSize(before), Refused: 0, LeftOut: 0);
    }
}
