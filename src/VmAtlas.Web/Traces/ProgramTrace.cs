using VmAtlas.Formats.Profiles;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Symbols;

namespace VmAtlas.Web.Traces;

/// <summary>The trace of one program: what it came to, and the functions of its calls.</summary>
/// <param name="number">Of the traces of its file, from 0.</param>
/// <param name="recording">Its part of the file while it runs; null for one that was read from a file.</param>
/// <param name="map">Names of the code that its runtime makes; null where there are none.</param>
sealed class ProgramTrace(int number, TraceStore store, NodeFrames frames, TraceRecording? recording = null, PerfMapFile? map = null)
{
    public int Number => number;

    public TraceStore Store => store;

    public NodeFrames Frames => frames;

    public TraceRecording? Recording => recording;

    public PerfMapFile? PerfMap => map;

    public StackText Stacks { get; } = new(frames);

    /// <summary>Raised when calls may have got other names: what was made of the old ones is to be made anew.</summary>
    public int Names { get; private set; }

    /// <summary>What is told of it.</summary>
    public ITraceSink? Sink { get; init; }

    /// <summary>Where names were looked for the last time; null where they were not, but came with the file.</summary>
    public SymbolPath? Searched
    {
        get;
        set
        {
            field = value;
            Names++;
        }
    }

    /// <summary>Methods of the runtime that are known; a call without a name may be one of more.</summary>
    public int Methods
    {
        get;
        set
        {
            if (value != field)
                MoreIsKnown();
            field = value;
        }
    }

    /// <summary>Knows the code that its runtime made; null while it was not asked.</summary>
    public IFrameSource? Runtime
    {
        get;
        set
        {
            field = value;
            MoreIsKnown();
        }
    }

    void MoreIsKnown()
    {
        frames.ForgetBare();
        Names++;
    }
}
