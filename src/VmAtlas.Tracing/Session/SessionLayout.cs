using System.Runtime.InteropServices;

namespace VmAtlas.Tracing.Session;

/// <summary>The file shared with the agent: what <c>src/VmAtlas.Agent/session.h</c> says, which explains it.</summary>
static class SessionLayout
{
    public const ulong Magic = 0x31746c7461746d76;
    public const int Version = 1;
    public const long Stride = 1L << 36;
    public const int MaxSessions = 4096;
    public const int HeaderSize = 64 << 10;
    public const long LogAt = 1L << 20;
    public const int LogSize = 4 << 20;
    public const long RingsAt = 1L << 30;
    public const int MaxRings = 4096;
    public const int RingWords = 128 << 10;
    public const int RingHeaderSize = 4096;
    public const int RingSize = RingHeaderSize + RingWords * 8;
    public const long NodesAt = 1L << 34;
    public const int NodesPerChunk = 65536;
    public const int NodeSize = 16;
    public const int MaxChunks = 1024;

    /// <summary>All sessions; sparse, so that it costs what is written.</summary>
    public const long FileSize = Stride * MaxSessions;

    /// <summary>Words that follow the first of a long event.</summary>
    public const int LongWords = 6;
}

[Flags]
enum SessionFlags : uint
{
    None = 0,
    FollowChildren = 1,
    ClockIsNanoseconds = 2,
    DropWhenFull = 4,
    NoStacks = 8,
    Attached = 16,
    AwaitLooks = 32,
}

enum SessionState : uint
{
    Unused,
    Live,
    Replaced,
    Detached,
    GaveUp,
}

[StructLayout(LayoutKind.Sequential)]
struct SessionHeader
{
    public ulong Magic;
    public uint Version;
    public SessionFlags Flags;
    public ulong SampleInterval;
    public uint Pid;
    public uint ParentPid;
    public SessionState State;
    public uint Index;
    public ulong BeganTicks;
    public ulong BeganNanoseconds;
    public ulong AgentStart;
    public ulong AgentEnd;
    public ulong ViewerBeat;
    public uint Sessions;
    public uint ViewerClosed;
    public uint Rings;
    public uint Nodes;
    public uint LogUsed;
    public uint Hooks;
    public ulong Dropped;
    public uint LostFile;
    public uint LooksWanted;
    public uint Looks;

    /// <summary>Nobody waits for room any more.</summary>
    public uint Detaching;
}

[StructLayout(LayoutKind.Explicit, Size = 256)]
unsafe struct RingHeader
{
    public const uint Free = 0;
    public const uint Live = 1;

    [FieldOffset(0)] public ulong Head;
    [FieldOffset(8)] public ulong OpenFrom;
    [FieldOffset(16)] public ulong Stamp;
    [FieldOffset(24)] public uint State;
    [FieldOffset(28)] public uint Tid;
    [FieldOffset(32)] public ulong Dropped;
    [FieldOffset(40)] public fixed byte Name[16];
    [FieldOffset(128)] public ulong Tail;
}

[StructLayout(LayoutKind.Sequential)]
struct NodeRecord
{
    public ulong Pc;
    public uint Parent;
    public uint Kind;
}

[StructLayout(LayoutKind.Sequential)]
struct ModuleRecord
{
    public ulong Start;
    public ulong End;
    public ulong Bias;
    public uint Size;
    public ushort IdLength;
    public ushort PathLength;
}

/// <summary>The lowest four bits of an event's first word.</summary>
enum WordKind
{
    Time = 1,
    Alloc = 2,
    Free = 3,
    Delete = 4,
    DeleteArray = 5,
    Long = 6,
}
