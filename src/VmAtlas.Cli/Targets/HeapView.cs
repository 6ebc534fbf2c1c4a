using VmAtlas.Capture;
using VmAtlas.Capture.Linux;
using VmAtlas.Capture.Linux.Heaps;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Cli.Targets;

/// <summary>A heap looked into: of a process, whose memory can be looked at further, or of a saved snapshot.</summary>
sealed record HeapView(HeapReport Report, ProcessFacts Process)
{
    /// <summary>Null for a saved one.</summary>
    public LinuxTarget? Target { get; private init; }

    /// <summary>Tells C++ classes; null for a saved one.</summary>
    public BlockClasses? Classes { get; private init; }

    /// <exception cref="VmAtlasException">It has no glibc heap.</exception>
    public static HeapView OfProcess(LinuxTarget target, bool stop, bool keepChunks, CancellationToken cancellation)
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
        if (file is ReadableTarget { Source: IMemorySource memory } dump)
            return OfDump(dump.Source, memory, cancellation);
        var snapshot = file.Capture(Capture.CaptureOptions.Quick, cancellation);
        var heap = snapshot.Heap ?? throw new VmAtlasException(Failure.NotFound,
            $"{text} has no heap in it: it is kept by 'vmatlas snapshot <target> --heaps -o <file>', and only where the program uses glibc's malloc");
        return new HeapView(heap.Value, snapshot.Process);
    }
}
