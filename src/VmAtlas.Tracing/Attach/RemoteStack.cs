using System.Buffers.Binary;
using VmAtlas.Tracing.Interop;

namespace VmAtlas.Tracing.Attach;

/// <summary>The calls that a stopped thread is in.</summary>
sealed class RemoteStack(RemoteMemory memory, IReadOnlyList<RemoteModule> modules)
{
    const int MaxFrames = 1024;
    const ulong BiggestFrame = 1 << 20;

    /// <summary>struct rt_sigframe as a handler's return finds it: its sp is at struct ucontext, whose general registers begin at 40; RBP is the 10th of them.</summary>
    const ulong SignalFp = 40 + 10 * 8, SignalSp = 40 + 15 * 8, SignalPc = 40 + 16 * 8;

    readonly Dictionary<RemoteModule, UnwindTable?> _tables = [];

    /// <summary>Tells each frame's address, from the innermost, until it is told to stop.</summary>
    /// <returns>Where the walk was lost: the stack pointer of the last frame found; null when it came to the outermost frame or was stopped.</returns>
    public ulong? Walk(in Registers registers, Func<ulong, bool> goOn)
    {
        var (pc, sp, fp, exact) = (registers.Rip, registers.Rsp, registers.Rbp, true);
        for (var i = 0; i < MaxFrames; i++)
        {
            if (!goOn(pc))
                return null;
            if (RuleAt(exact ? pc : pc - 1) is not { } rule)
            {
                // Code compiled at run time: frame pointers, if it keeps them.
                if (i == 0 || (fp & 7) != 0 || fp < sp || fp - sp >= BiggestFrame || Word(fp) is not { } above || Word(fp + 8) is not { } back || back < 4096)
                    return sp;
                (pc, sp, fp, exact) = (back, fp + 16, above, false);
                continue;
            }
            if (rule.Base == CfaBase.None)
                return null;
            if (rule.Base == CfaBase.Signal)
            {
                if (Word(sp + SignalPc) is not { } p || Word(sp + SignalSp) is not { } s || Word(sp + SignalFp) is not { } f)
                    return sp;
                (pc, sp, fp, exact) = (p, s, f, true);
                continue;
            }
            if (Caller(rule, sp, fp) is not { } caller)
                return sp;
            if (caller.Pc < 4096)
                return null;
            (pc, sp, fp) = caller;
            exact = false;
        }
        return sp;
    }

    (ulong Pc, ulong Sp, ulong Fp)? Caller(UnwindRule rule, ulong sp, ulong fp)
    {
        var cfa = unchecked((rule.Base == CfaBase.StackPointer ? sp : fp) + (ulong)rule.Cfa);
        if (rule.Base == CfaBase.AtFramePointer)
        {
            if (Word(cfa) is not { } loaded)
                return null;
            cfa = loaded;
        }
        if (Word(unchecked(cfa + (ulong)rule.ReturnAddress)) is not { } pc)
            return null;
        if (rule.SavedFramePointer is { } saved)
        {
            if (Word(unchecked((rule.SavedByFramePointer ? fp : cfa) + (ulong)saved)) is not { } before)
                return null;
            fp = before;
        }
        return (pc, cfa, fp);
    }

    UnwindRule? RuleAt(ulong pc)
    {
        foreach (var module in modules)
        {
            if (!module.Contains(pc))
                continue;
            if (!_tables.TryGetValue(module, out var table))
                _tables[module] = table = module.UnwindHeader(memory) is { } header ? new UnwindTable(memory, header) : null;
            return table?.Find(pc);
        }
        return null;
    }

    ulong? Word(ulong address)
    {
        var bytes = memory.Read(address, 8);
        return bytes.Length == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : null;
    }
}
