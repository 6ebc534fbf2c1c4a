using VmAtlas.Capture;
using VmAtlas.Capture.Linux.Cores;
using VmAtlas.Capture.Windows;
using VmAtlas.Capture.Windows.Annotators;
using VmAtlas.Formats;
using VmAtlas.Model;

namespace VmAtlas.Cli.Targets;

/// <summary>A process that was: a core of Linux, a minidump of Windows, or a recording of what Windows answered. Each is read on either system.</summary>
sealed class DumpFile : ReadableTarget
{
    readonly IReadOnlyList<IAnnotator> _annotators;
    readonly DateTimeOffset _writtenAt;

    DumpFile(ICaptureTarget source, IReadOnlyList<IAnnotator> annotators, DateTimeOffset writtenAt) =>
        (Source, _annotators, _writtenAt) = (source, annotators, writtenAt);

    public override ICaptureTarget Source { get; }

    /// <summary>The dump, or null for a file of another kind. Its first bytes say what it is, not its name.</summary>
    /// <exception cref="VmAtlasException">No such file, not permitted, or damaged.</exception>
    public static DumpFile? TryOpen(FileSpec file)
    {
        var start = new byte[64];
        int length;
        using (var stream = FileErrors.Open(file.Path, () => File.OpenRead(file.Path)))
            length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        var head = start.AsSpan(0, length);
        var writtenAt = new DateTimeOffset(File.GetLastWriteTimeUtc(file.Path));
        if (CoreTarget.IsCore(head))
            return new DumpFile(CoreTarget.Open(file.Path), CoreAnnotators.All, writtenAt);
        if (WindowsTarget.IsMinidump(head))
            return new DumpFile(WindowsTarget.OfMinidump(file.Path), WindowsAnnotators.All, writtenAt);
        if (!WindowsTarget.IsRecording(head))
            return null;
        using var recording = File.OpenRead(file.Path);
        return new DumpFile(WindowsTarget.OfRecording(recording, file.Path), WindowsAnnotators.All, writtenAt);
    }

    /// <summary>The time of the snapshot is the file's.</summary>
    public override Snapshot Capture(CaptureOptions options, CancellationToken cancellation) =>
        new CapturePipeline(Source, _annotators, null, options with { Once = true }) { TakenAt = _writtenAt }.Capture(cancellation);

    public override Snapshot CaptureObjects(CaptureOptions options, CancellationToken cancellation) =>
        throw new VmAtlasException(Failure.Usage, "the objects of .NET are counted in live processes only, not in dumps");

    public override void Dispose() => Source.Dispose();
}
