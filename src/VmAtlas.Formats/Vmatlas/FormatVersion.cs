using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas;

/// <summary>The number of the file's layout, and the ladder from old layouts to the newest.</summary>
/// <remarks>
/// Raise <see cref="Current"/> with every change that an older reader would misread, add the step at the end of <see cref="s_steps"/>, a line in
/// the changelog of docs/file-format.md and a sample of the version before to the tests. New kinds of chunks, tables and columns need
/// none: readers pass over what they do not know.
/// </remarks>
static class FormatVersion
{
    public const int Current = 1;

    /// <summary>Step i brings a frame of version i + 1 to version i + 2. Each stays as it is for good.</summary>
    static readonly Action<FrameImage>[] s_steps = [];

    public static void Refuse(int version, string writer)
    {
        if (version > Current)
        {
            throw new VmAtlasException(Failure.BadFile,
                $"the file has format version {version} (written by {writer}) and this build reads up to version {Current}: use a newer VmAtlas");
        }
        if (version < 1)
            throw new VmAtlasException(Failure.BadFile, $"the file says format version {version}, which never was: it is damaged");
    }

    public static void Upgrade(FrameImage frame, int version)
    {
        foreach (var step in s_steps.AsSpan(version - 1))
            step(frame);
    }
}
