using System.Runtime.InteropServices;
using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows;

/// <summary>What a process's own blocks say: PEB, heaps, threads. All of it lies in memory the process may write: nothing is believed beyond bounds.</summary>
sealed class ProcessEnvironment(IWindowsCalls calls, IMemorySource memory)
{
    const uint BasicInformation = 0, Wow64Information = 26;
    const int MostHeaps = 4096, MostThreads = 1 << 16, LongestText = 32 << 10;

    /// <summary>The process environment blocks: the process's own, and for a 32-bit one on 64-bit Windows also that of its 32-bit side.</summary>
    public IReadOnlyList<(ulong Address, PebLayout Layout)> Blocks => field ??= FindBlocks();

    /// <summary>It is a 32-bit process on 64-bit Windows.</summary>
    public bool IsWow64 => Blocks.Any(b => !b.Layout.IsWide);

    /// <summary>Only its 32-bit side is known: of a dump that a 32-bit program wrote. Threads' blocks are 32-bit ones then.</summary>
    public bool IsNarrow => Blocks.Count > 0 && Blocks.All(b => !b.Layout.IsWide);

    /// <summary>An address in a thread's stack, of a dump that says so where the thread's environment block is not saved.</summary>
    public ulong? SavedStack(uint tid) => calls.StackOf(tid);

    public int? ParentPid => calls.AskAll(WindowsQuestion.Process, BasicInformation, 48) is { } basic ? (int)((ReadOnlySpan<byte>)basic).U64(40) : null;

    /// <summary>The command line, as it is now.</summary>
    public string? CommandLine
    {
        get
        {
            if (Blocks.Count == 0)
                return null;
            var (peb, layout) = Blocks[^1];
            return memory.TryReadWord(peb, layout.Parameters, layout.IsWide, out var parameters)
                ? ReadUnicodeString(unchecked(parameters + layout.CommandLine), layout) : null;
        }
    }

    /// <summary>Ids of the threads there are now.</summary>
    public uint[] ThreadIds()
    {
        var ids = new uint[MostThreads];
        var length = calls.Ask(WindowsQuestion.Threads, 0, MemoryMarshal.AsBytes(ids.AsSpan()), out var error);
        return error == 0 ? ids[..(length / 4)] : [];
    }

    /// <summary>The thread's environment block, 64-bit side; 0 when it has ended or may not be asked.</summary>
    public ulong ThreadBlock(uint tid)
    {
        ReadOnlySpan<byte> basic = calls.AskAll(WindowsQuestion.Thread, (ulong)BasicInformation << 32 | tid, 48);
        return basic.IsEmpty ? 0 : basic.U64(8);
    }

    /// <summary>The thread's 32-bit environment block: WowTebOffset of the 64-bit one (Windows 10 on), else two pages behind it.</summary>
    public ulong NarrowThreadBlock(ulong teb)
    {
        const uint WowTebOffset = 0x180C, Usual = 0x2000;
        var offset = memory.TryReadWord(teb, WowTebOffset, wide: false, out var word) && word is > 0 and < 0x10000 ? word : Usual;
        var block = unchecked(teb + offset);
        return memory.TryReadWord(block, PebLayout.Narrow.Self, wide: false, out var self) && self == block ? block : 0;
    }

    /// <summary>Heap handles by the PEB's list, the default heap among them.</summary>
    public IReadOnlyList<(ulong Heap, bool IsDefault)> Heaps(ulong peb, PebLayout layout)
    {
        var heaps = new List<(ulong, bool)>();
        if (!memory.TryReadWord(peb, layout.ProcessHeap, layout.IsWide, out var first)
            || !memory.TryReadWord(peb, layout.HeapCount, wide: false, out var count)
            || !memory.TryReadWord(peb, layout.Heaps, layout.IsWide, out var list))
            return heaps;
        for (var i = 0u; i < Math.Min(count, MostHeaps) && list != 0; i++)
        {
            if (!memory.TryReadWord(list, i * layout.WordBytes, layout.IsWide, out var heap))
                break;
            heaps.Add((heap, heap == first));
        }
        if (heaps.Count == 0 && first != 0)
            heaps.Add((first, true)); // Wine has no list
        return heaps;
    }

    List<(ulong, PebLayout)> FindBlocks()
    {
        var blocks = new List<(ulong, PebLayout)>();
        ReadOnlySpan<byte> basic = calls.AskAll(WindowsQuestion.Process, BasicInformation, 48);
        if (!basic.IsEmpty && basic.U64(8) is > 0 and var peb)
            blocks.Add((peb, PebLayout.Wide));
        ReadOnlySpan<byte> wow = calls.AskAll(WindowsQuestion.Process, Wow64Information, 8);
        if (!wow.IsEmpty && wow.U64(0) is > 0 and < uint.MaxValue and var narrow)
            blocks.Add((narrow, PebLayout.Narrow));
        return blocks;
    }

    string? ReadUnicodeString(ulong address, PebLayout layout)
    {
        if (!memory.TryReadWord(address, 0, wide: false, out var lengths) || !memory.TryReadWord(address, layout.WordBytes, layout.IsWide, out var buffer))
            return null;
        var length = (int)Math.Min(lengths & 0xfffe, LongestText * 2);
        var bytes = new byte[length];
        return length > 0 && memory.Read(new Address(buffer), bytes) == length ? new string(MemoryMarshal.Cast<byte, char>(bytes)) : null;
    }
}
