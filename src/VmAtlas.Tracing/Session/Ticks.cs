using System.Diagnostics;
using System.Runtime.InteropServices;
using VmAtlas.Tracing.Interop;

namespace VmAtlas.Tracing.Session;

/// <summary>The processor's own counter, which agents stamp events with, and how long a tick of it takes.</summary>
/// <remarks>The counter is read by a few bytes of machine code, as .NET has no call for it. Where it can not be trusted (it is not constant, or
/// the kernel itself has given it up) agents stamp with CLOCK_MONOTONIC and a tick is a nanosecond.</remarks>
sealed unsafe class Ticks
{
    readonly delegate* unmanaged<ulong> _read;
    readonly long _startStopwatch;
    readonly ulong _startTicks;

    Ticks(delegate* unmanaged<ulong> read)
    {
        _read = read;
        (_startTicks, _startStopwatch) = Pair();
    }

    public bool AreNanoseconds => _read == null;

    public static Ticks Start() => new(IsCounterSound() ? Compile() : null);

    /// <summary>Measured from the start until now; the longer ago that is, the better.</summary>
    public double NanosecondsEach
    {
        get
        {
            if (_read == null)
                return 1;
            var (ticks, stopwatch) = Pair();
            while (stopwatch - _startStopwatch < Stopwatch.Frequency / 500) // two milliseconds: an error of some 50 parts in a million
                (ticks, stopwatch) = Pair();
            return (double)(stopwatch - _startStopwatch) / Stopwatch.Frequency * 1e9 / (ticks - _startTicks);
        }
    }

    public ulong Now => _read == null ? (ulong)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency)) : _read();

    (ulong Ticks, long Stopwatch) Pair()
    {
        if (_read == null)
            return (0, 0);
        // Of three tries the quickest: an interruption between the two readings would be taken for the counter's own time.
        var (best, ticks, stopwatch) = (ulong.MaxValue, 0UL, 0L);
        for (var i = 0; i < 3; i++)
        {
            var before = _read();
            var time = Stopwatch.GetTimestamp();
            var after = _read();
            if (after - before < best)
                (best, ticks, stopwatch) = (after - before, before + (after - before) / 2, time);
        }
        return (ticks, stopwatch);
    }

    static bool IsCounterSound()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
            return false;
        var flags = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("flags", StringComparison.Ordinal)) ?? "";
        return flags.Contains(" constant_tsc", StringComparison.Ordinal) && flags.Contains(" nonstop_tsc", StringComparison.Ordinal)
            && flags.Contains(" rdtscp", StringComparison.Ordinal);
    }

    static delegate* unmanaged<ulong> Compile()
    {
        // rdtsc; shl rdx, 32; or rax, rdx; ret
        ReadOnlySpan<byte> code = [0x0f, 0x31, 0x48, 0xc1, 0xe2, 0x20, 0x48, 0x09, 0xd0, 0xc3];
        var page = Libc.mmap(null, 4096, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        if ((nint)page == -1)
            return null;
        code.CopyTo(new Span<byte>(page, code.Length));
        return Libc.mprotect(page, 4096, Libc.PROT_READ | Libc.PROT_EXEC) == 0 ? (delegate* unmanaged<ulong>)page : null;
    }
}
