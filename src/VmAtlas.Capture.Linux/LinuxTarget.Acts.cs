using VmAtlas.Capture.Linux.Interop;
using VmAtlas.Capture.Linux.Memory;
using VmAtlas.Capture.Linux.Proc;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux;

/// <summary>What does disturb the target, and is done only when asked for by name.</summary>
public sealed partial class LinuxTarget : ITrimmable, IMarkable
{
    /// <summary>Asks the kernel to write the target's pages out (MADV_PAGEOUT): VMMap's "Empty Working Set". The target goes on, and
    /// brings back what it touches.</summary>
    /// <exception cref="VmAtlasException">Not permitted (needs CAP_SYS_NICE and the right to trace it), or the kernel is older than 5.10.</exception>
    public TrimResult Trim() => WorkingSetTrim.Run(this, _folder);

    /// <summary>Resets Referenced of all pages (clear_refs 1), so that the next snapshot shows what was touched since.</summary>
    /// <exception cref="VmAtlasException">Not permitted.</exception>
    public unsafe void Mark()
    {
        using var file = _folder.Open("clear_refs", out var errno, Libc.O_WRONLY);
        var one = (byte)'1';
        if (!file.IsInvalid && Libc.write(file, &one, 1) != 1)
            errno = global::System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
        if (errno != 0)
            throw TargetErrors.Unreadable(Process, errno);
    }

    /// <summary>Lines of numa_maps by the start of their mapping ("default anon=3 dirty=3 N0=3 …"): where the pages are. As much work as the
    /// mappings themselves; empty where the kernel has no NUMA.</summary>
    public IReadOnlyDictionary<ulong, string> ReadNumaMaps()
    {
        var lines = new NumaLines();
        using var file = (_space?.Folder ?? _folder).Open("numa_maps", out _);
        if (!file.IsInvalid)
            _text.Read(file, lines);
        return lines.ByStart;
    }
}
