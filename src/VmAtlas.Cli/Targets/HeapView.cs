using VmAtlas.Capture;
using VmAtlas.Capture.Linux;
using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Capture.Windows;
using VmAtlas.Capture.Windows.Heaps;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Cli.Targets;

/// <summary>A heap looked into: of a process, whose memory can be looked at further, or of a saved snapshot.</summary>
sealed record HeapView(HeapReport Report, ProcessFacts Process)
{
    /// <summary>Its memory; null for a saved one.</summary>
    public IMemorySource? Target { get; private init; }

    /// <summary>Of a core or minidump: its memory is all of one moment.</summary>
    public bool IsDump { get; private init; }

    /// <summary>Tells C++ classes; null for a saved one.</summary>
    public BlockClasses? Classes { get; private init; }

    /// <exception cref="VmAtlasException">It has no heap that can be looked into.</exception>
    public static HeapView OfProcess(ICaptureTarget target, bool stop, bool keepChunks, CancellationToken cancellation)
    {
        if (target is not WindowsTarget windows)
            return OfLinux(target.Require<LinuxTarget>("looking into its heap"), stop, keepChunks, cancellation);
        if (stop)
            throw new VmAtlasException(Failure.Usage, "--stop is there on Linux only: here the heaps are walked while the target runs on");
        var view = OfWindows(windows, keepChunks, cancellation);
        windows.EnsureUnchanged();
        return view;
    }

    /// <summary>The heaps of a process of Windows, live or dumped.</summary>
    static HeapView OfWindows(WindowsTarget target, bool keepChunks, CancellationToken cancellation)
    {
        var mappings = new BlockTable();
        target.ReadMappings(mappings, new StringTable(), []);
        var report = SystemHeapReader.Read(target, mappings, keepChunks, cancellation) ?? throw new VmAtlasException(Failure.Usage,
            $"the heaps of {target.Process.Name} can not be looked into: they are segment heaps, 32-bit ones, of a layout that is not known, or not in the dump");
        return new HeapView(report, target.Process) { Target = target };
    }

    /// <exception cref="VmAtlasException">It has no glibc heap.</exception>
    static HeapView OfLinux(LinuxTarget target, bool stop, bool keepChunks, CancellationToken cancellation)
    {
        var (mappings, strings) = (new BlockTable(), new StringTable());
        var options = new HeapReadOptions { Chunks = keepChunks, Residency = true };
        if (!stop)
            target.ReadMappings(mappings, strings, []);
        var report = (stop
            ? StoppedHeap.Read(target, mappings, strings, options, cancellation)
            : GlibcHeapReader.Read(mappings, strings, target, options, cancellation)) ?? throw new VmAtlasException(Failure.General,
            $"process {target.Process.Pid} has no heap of glibc's malloc: it has not used it yet, has another allocator or C library, or is a 32-bit program");
        target.EnsureUnchanged();
        return new HeapView(report, target.Process) { Target = target, Classes = new BlockClasses(target, mappings, strings) };
    }

    /// <exception cref="VmAtlasException">The dump is of no process with a glibc heap.</exception>
    static HeapView OfDump(ICaptureTarget dump, IMemorySource memory, CancellationToken cancellation)
    {
        var (mappings, strings) = (new BlockTable(), new StringTable());
        dump.ReadMappings(mappings, strings, []);
        var report = GlibcHeapReader.Read(mappings, strings, memory, new HeapReadOptions { Chunks = true }, cancellation) ?? throw new VmAtlasException(
            Failure.General, $"there is no heap of glibc's malloc in the dump of {dump.Process.Name}");
        return new HeapView(report, dump.Process);
    }

    /// <exception cref="VmAtlasException">The snapshot was saved without its heap.</exception>
    public static HeapView OfFile(string text, CancellationToken cancellation)
    {
        using var file = Targets.Target.Open(text);
        if (file is ReadableTarget { Source: WindowsTarget windows })
            return OfWindows(windows, keepChunks: true, cancellation) with { IsDump = true };
        if (file is ReadableTarget { Source: IMemorySource memory } dump)
            return OfDump(dump.Source, memory, cancellation) with { IsDump = true };
        var snapshot = file.Capture(Capture.CaptureOptions.Quick, cancellation);
        var heap = snapshot.Heap ?? throw new VmAtlasException(Failure.NotFound,
            $"{text} has no heap in it: it is kept by 'vmatlas snapshot <target> --heaps -o <file>', and only where the program uses glibc's malloc");
        return new HeapView(heap.Value, snapshot.Process);
    }
}
