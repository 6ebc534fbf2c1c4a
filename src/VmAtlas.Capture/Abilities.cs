using VmAtlas.Model;

namespace VmAtlas.Capture;

/// <summary>A target whose working set can be emptied. This disturbs it.</summary>
public interface ITrimmable
{
    /// <exception cref="VmAtlasException">Not permitted, or the system can not do it.</exception>
    TrimResult Trim();
}

/// <summary>What a trim did.</summary>
/// <param name="Before">Total WS before.</param>
/// <param name="After">Total WS after: what stayed was in use, locked, could go nowhere, or was touched again.</param>
/// <param name="Advised">Bytes of mappings the kernel took the advice for.</param>
/// <param name="Refused">Mappings it refused.</param>
/// <param name="LeftOut">Mappings not asked for: locked, hugetlb and device memory can not be written out.</param>
public sealed record TrimResult(ByteSize Before, ByteSize After, ByteSize Advised, int Refused, int LeftOut);

/// <summary>A target whose pages' marks of having been touched can be reset.</summary>
public interface IMarkable
{
    /// <summary>Resets <see cref="Measure.Referenced"/>, so that the next snapshot shows what was touched since.</summary>
    /// <exception cref="VmAtlasException">Not permitted.</exception>
    void Mark();
}

/// <summary>A target that knows the names of its own code and data.</summary>
public interface IImageSymbols
{
    /// <summary>What of an image is at an address, as the image's file says. Null outside of images, and where the file can not be
    /// opened.</summary>
    /// <param name="snapshot">Of this target, taken just now.</param>
    ImagePlace? PlaceInImage(Snapshot snapshot, Address address);
}

/// <summary>A place within an executable image.</summary>
/// <param name="Section">Null between sections, and where section headers have been stripped.</param>
/// <param name="Symbol">As the file names it: a C++ name is not undone. Null between symbols, and where they have been stripped.</param>
/// <param name="Offset">How far into the symbol.</param>
public readonly record struct ImagePlace(string? Section, string? Symbol, ulong Offset);

/// <summary>Asking a target for what not every target can do.</summary>
public static class Abilities
{
    /// <summary>The ability, or a failure for the user.</summary>
    /// <param name="need">What it is wanted for, as the beginning of a sentence: "reading its strings".</param>
    /// <exception cref="VmAtlasException"><see cref="Failure.Usage"/>: targets of its system do not have it.</exception>
    public static T Require<T>(this ICaptureTarget target, string need)
        where T : class =>
        target as T ?? throw new VmAtlasException(Failure.Usage, $"{need} is not possible with this target, which is of {target.System.Kernel}");
}
