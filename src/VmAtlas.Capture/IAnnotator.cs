using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Capture;

/// <summary>A part that knows one kind of memory and claims ranges for it.</summary>
/// <remarks>
/// Annotators run in a fixed order; the first claim wins, and a claim never changes a measure. One that fails costs its names,
/// never the snapshot: the pipeline reports it. A heuristic says in its doc comment what its evidence is and when it is wrong.
/// </remarks>
public interface IAnnotator
{
    string Name { get; }

    /// <exception cref="AnnotatorUnavailableException">It can not run on this target; the message says why.</exception>
    void Annotate(AnnotationContext context);
}

/// <summary>What an annotator works on.</summary>
public sealed record AnnotationContext(
    ICaptureTarget Target, BlockTable Mappings, StringTable Strings, ClaimList Claims, CaptureOptions Options, CancellationToken Cancellation)
{
    /// <summary>The mappings that have a name.</summary>
    public MappingIndex Index { get; } = new(Mappings);

    public CaptureFindings Findings { get; } = new();
}

/// <summary>What annotators find out besides claims.</summary>
/// <remarks>What <see cref="CaptureOptions"/> ask for is kept with the snapshot and its file: a new kind of it is a property here and in
/// <see cref="Snapshot"/>, and a kind of chunk in the file.</remarks>
public sealed class CaptureFindings
{
    /// <summary>glibc's malloc was found at work: the program's is no other that could be linked into it.</summary>
    public bool UsesGlibcMalloc { get; set; }

    /// <summary>What is inside the memory of malloc, where asked for.</summary>
    public HeapReport? Heap { get; set; }
}

/// <summary>An annotator can not run here: no permission, no such runtime. Not an error of the snapshot.</summary>
public sealed class AnnotatorUnavailableException(string message) : Exception(message);
