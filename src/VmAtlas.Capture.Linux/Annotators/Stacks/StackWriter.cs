using System.Globalization;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators.Stacks;

/// <summary>Claims stacks and says what is known of them.</summary>
sealed class StackWriter(AnnotationContext context, LinuxTarget target)
{
    const int ChunkPages = 1024;

    readonly PageState[] _pages = new PageState[ChunkPages];

    /// <summary>"Thread 4711 (worker)".</summary>
    public string NameOf(int tid) => target.ThreadName(tid) is { Length: > 0 } name ? $"Thread {tid} ({name})" : $"Thread {tid}";

    public void DescribeMain(int region)
    {
        var tid = target.Process.Pid;
        Describe(region, tid, target.ThreadName(tid));
        if (GrowthLimit() is { } limit)
            context.Claims.AddFact(region, "growth-limit", limit);
        for (var i = context.Mappings.Count - 1; context.Options.Blocks && i >= 0; i--)
        {
            if (context.Claims.OwnerOf(i) != region)
                continue;
            DescribeUse(region, tid, context.Mappings.Range(i));
            return;
        }
    }

    /// <param name="exact">Whether both ends are known; else neither the size of the stack is told nor how deep it is.</param>
    /// <param name="head">Of the thread's robust list, which leads to its control block; 0 when it has none.</param>
    public void ClaimThread(int tid, string? name, StackBlock stack, string reason, bool exact = true, ulong head = 0)
    {
        var region = context.Claims.AddRegion(MemoryType.Stack, string.IsNullOrEmpty(name) ? $"Thread {tid}" : $"Thread {tid} ({name})", reason);
        Claim(region, stack);
        Describe(region, tid, name);
        if (exact)
            context.Claims.AddFact(region, "stack-size", stack.Size - stack.Guard);
        context.Claims.AddFact(region, "guard", stack.Guard);
        if (context.Options.Blocks && exact)
            DescribeUse(region, tid, AddressRange.Of(stack.Start + stack.Guard, stack.End));
        if (context.Options.Blocks && ThreadStorage.Find(target, head) is { } storage && storage.Start >= stack.Start && storage.ControlBlock < stack.End)
        {
            context.Claims.Label(region, AddressRange.Of(storage.Start, stack.End), "thread control block, thread-local storage");
            DescribeStorage(context, region, storage);
        }
    }

    /// <summary>Where the control block is, and how much thread-local storage lies below it. A block of the snapshot is of whole pages, and the first of them holds
    /// the thread's first frames too; these facts have the bytes.</summary>
    public static void DescribeStorage(AnnotationContext context, int region, ThreadStorage storage)
    {
        context.Claims.AddFact(region, "thread-control-block", $"0x{storage.ControlBlock:x}");
        context.Claims.AddFact(region, "thread-local-storage", (storage.ControlBlock - storage.Start).ToString(CultureInfo.InvariantCulture));
    }

    public void ClaimCached(StackBlock stack)
    {
        var region = context.Claims.AddRegion(MemoryType.Stack, "Kept for a new thread",
            "glibc keeps the stack of an ended thread in its cache of stacks, whose sizes add up to the sum it keeps");
        Claim(region, stack);
        context.Claims.AddFact(region, "stack-size", stack.Size - stack.Guard);
        context.Claims.AddFact(region, "guard", stack.Guard);
    }

    void Claim(int region, StackBlock stack)
    {
        if (stack.Guard > 0)
            context.Claims.ClaimRange(region, stack.GuardRange, "guard", BlockFlags.Guard);
        context.Claims.ClaimRange(region, AddressRange.Of(stack.Start + stack.Guard, stack.End));
    }

    void Describe(int region, int tid, string? name)
    {
        context.Claims.AddFact(region, "thread-id", (ulong)tid);
        if (name is not null)
            context.Claims.AddFact(region, "thread-name", name);
    }

    /// <summary>How deep the thread is now, and how deep it ever was as far as pages tell: those touched stay.</summary>
    void DescribeUse(int region, int tid, AddressRange usable)
    {
        if (StackPointer.TryRead(target, tid) is { } sp && usable.Contains(new Address(sp)))
            context.Claims.AddFact(region, "depth", usable.End.Value - sp);
        if (LowestTouched(usable) is { } lowest)
            context.Claims.AddFact(region, "high-water", usable.End.Value - lowest);
    }

    /// <summary>The lowest page that is in memory or in swap; null when none is, or the system does not say.</summary>
    ulong? LowestTouched(AddressRange range)
    {
        var page = target.PageSize.Bytes;
        var end = range.End.Value + page - 1 & ~(page - 1);
        for (var at = range.Start.Value & ~(page - 1); at < end; at += ChunkPages * page)
        {
            var chunk = AddressRange.Of(at, Math.Min(end, at + ChunkPages * page));
            var pages = _pages.AsSpan(0, (int)(chunk.Size.Bytes / page));
            if (!target.TryReadPages(chunk, pages))
                return null;
            var first = pages.IndexOfAnyExcept(PageState.None, PageState.Guard, PageState.Zero);
            if (first >= 0)
                return at + (ulong)first * page;
        }
        return null;
    }

    /// <summary>The soft limit "Max stack size" of <c>/proc/PID/limits</c>; null when it is unlimited or not readable.</summary>
    ulong? GrowthLimit()
    {
        const string Key = "Max stack size";
        var text = target.TryReadProc("limits");
        var at = text?.IndexOf(Key, StringComparison.Ordinal) ?? -1;
        if (at < 0)
            return null;
        var words = text.AsSpan(at + Key.Length).TrimStart();
        var end = words.IndexOf(' ');
        return ulong.TryParse(end < 0 ? words : words[..end], CultureInfo.InvariantCulture, out var bytes) ? bytes : null;
    }
}
