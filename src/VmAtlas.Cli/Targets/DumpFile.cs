using VmAtlas.Capture;
using VmAtlas.Capture.Clr;
using VmAtlas.Capture.Linux.Cores;
using VmAtlas.Capture.Windows;
using VmAtlas.Capture.Windows.Annotators;
using VmAtlas.Formats;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;

namespace VmAtlas.Cli.Targets;

/// <summary>A process that was: a core of Linux, a minidump of Windows, or a recording of what Windows answered. Each is read on either system.</summary>
sealed class DumpFile : ReadableTarget
{
    readonly Func<IAnnotator, IReadOnlyList<IAnnotator>> _annotators;
    readonly DateTimeOffset _writtenAt;
    readonly ClrAnnotator _clr;

    DumpFile(ICaptureTarget source, Func<IAnnotator, IReadOnlyList<IAnnotator>> annotators, DateTimeOffset writtenAt, ClrOptions? clr)
        : base(clr)
    {
        (Source, _annotators, _writtenAt) = (source, annotators, writtenAt);
        _clr = new ClrAnnotator(clr);
    }

    public override ICaptureTarget Source { get; }

    /// <summary>The dump, or null for a file of another kind. Its first bytes say what it is, not its name.</summary>
    /// <exception cref="VmAtlasException">No such file, not permitted, or damaged.</exception>
    public static DumpFile? TryOpen(FileSpec file, ClrOptions? options = null)
    {
        if (file.Path.EndsWith(TimelineFile.Extension, StringComparison.OrdinalIgnoreCase))
            return null;
        var start = new byte[64];
        int length;
        using (var stream = FileErrors.Open(file.Path, () => File.OpenRead(file.Path)))
            length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        var head = start.AsSpan(0, length);
        var writtenAt = new DateTimeOffset(File.GetLastWriteTimeUtc(file.Path));
        if (CoreTarget.IsCore(head))
            return new DumpFile(CoreTarget.Open(file.Path), clr => CoreAnnotators.With(clr), writtenAt, options);
        if (WindowsTarget.IsMinidump(head))
            return OfMinidump(WindowsTarget.OfMinidump(file.Path), writtenAt, options);
        if (!WindowsTarget.IsRecording(head))
            return null;
        using var recording = File.OpenRead(file.Path);
        return new DumpFile(WindowsTarget.OfRecording(recording, file.Path), clr => WindowsAnnotators.With(clr), writtenAt, options);
    }

    static DumpFile OfMinidump(WindowsTarget target, DateTimeOffset writtenAt, ClrOptions? options) =>
        new(target, clr => WindowsAnnotators.With(clr), target.SavedAt ?? writtenAt, options);

    /// <summary>The snapshot of a dump; null for a file of another kind.</summary>
    /// <exception cref="VmAtlasException">As <see cref="TryOpen"/>.</exception>
    public static Snapshot? Read(string path)
    {
        using var dump = TryOpen(new FileSpec(path, -1));
        return dump?.Capture(CaptureOptions.Full, CancellationToken.None);
    }

    public override Snapshot Capture(CaptureOptions options, CancellationToken cancellation) => Pipeline(_clr, options).Capture(cancellation);

    public override void Dispose()
    {
        _clr.Dispose();
        Source.Dispose();
    }

    /// <summary>The time of the snapshot is the one that the dump says, else the file's.</summary>
    protected override CapturePipeline Pipeline(ClrAnnotator clr, CaptureOptions options) =>
        new(Source, _annotators(clr), null, options with { Once = true }) { TakenAt = _writtenAt };
}
