using System.Globalization;
using System.Runtime;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ClrTarget;

/// <summary>A .NET process with something in every generation. It says where, and what its runtime thinks of its own heap, as
/// "key value" lines; then "ready". It ends when its standard input closes.</summary>
/// <remarks>
/// Arguments: <c>alloc</c> starts two threads that allocate as fast as they can. Lines on the input: <c>gc</c> collects, <c>grow N</c>
/// makes N more objects of type <see cref="Grown"/>, <c>collections</c> says how many there were,
/// <c>committed</c> how many bytes the last one left committed, <c>variable X</c> what X is in its environment; each is answered by "done". <c>exit N</c> ends it.
/// </remarks>
static unsafe class Program
{
    static readonly List<object> s_kept = [];
    static readonly List<(string Key, object Object)> s_noted = [];
    static volatile object? s_garbage;

    static void Main(string[] args)
    {
        MakeEveryGeneration();
        SayWhatTheRuntimeKnows();
        SayWhereObjectsAre();
        if (args.Contains("alloc"))
            AllocateAtFullSpeed(threads: 2);
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
            Obey(line);
    }

    static void MakeEveryGeneration()
    {
        Keep("loh", 10, static () => new byte[1 << 20]);
        Keep("poh", 50, static () => GC.AllocateUninitializedArray<byte>(20_000, pinned: true));
        Keep("gen2", 100_000, static () => new Old());
        GC.Collect();
        GC.Collect();
        Keep("gen1", 20_000, static () => new string('a', 40));
        GC.Collect(0);
        Keep("gen0", 1_000, static () => new byte[64]);
    }

    /// <summary>Keeps so many objects alive, and notes the first, a middle and the last.</summary>
    static void Keep(string key, int count, Func<object> make)
    {
        var first = s_kept.Count;
        for (var i = 0; i < count; i++)
            s_kept.Add(make());
        foreach (var i in (int[])[0, count / 2, count - 1])
            s_noted.Add((key, s_kept[first + i]));
    }

    /// <summary>Where the noted objects are now, and the generation the runtime puts each in. Before the next collection it stays true.</summary>
    static void SayWhereObjectsAre()
    {
        foreach (var (key, noted) in s_noted.Append(("frozen", "a literal lies in the frozen heap")))
        {
            var o = noted;
            var address = (ulong)*(nint*)Unsafe.AsPointer(ref o);
            Console.WriteLine($"object {key} {address:x} {GC.GetGeneration(o)}");
        }
    }

    static void SayWhatTheRuntimeKnows()
    {
        var info = GC.GetGCMemoryInfo(GCKind.Any);
        string[] names = ["gen0", "gen1", "gen2", "loh", "poh"];
        for (var i = 0; i < info.GenerationInfo.Length; i++)
            Console.WriteLine($"after {names[i]} {info.GenerationInfo[i].SizeAfterBytes} {info.GenerationInfo[i].FragmentationAfterBytes}");
        Console.WriteLine($"heap {info.HeapSizeBytes}");
        Console.WriteLine($"fragmented {info.FragmentedBytes}");
        Console.WriteLine($"committed {info.TotalCommittedBytes}");
        Console.WriteLine($"server {GCSettings.IsServerGC}");
        Console.WriteLine($"runtime {RuntimeInformation.FrameworkDescription}");
        Console.WriteLine($"pid {Environment.ProcessId}");
    }

    static void AllocateAtFullSpeed(int threads)
    {
        for (var i = 0; i < threads; i++)
            new Thread(static () => { for (var n = 0; ; n++) s_garbage = new byte[64 + n % 2000]; }) { IsBackground = true }.Start();
    }

    static void Obey(string line)
    {
        var words = line.Split(' ');
        if (words[0] == "gc")
            GC.Collect();
        else if (words[0] == "grow")
            Keep("grown", int.Parse(words[1], CultureInfo.InvariantCulture), static () => new Grown());
        else if (words[0] == "committed")
            Console.WriteLine(GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes);
        else if (words[0] == "collections")
            Console.WriteLine(GC.CollectionCount(0));
        else if (words[0] == "variable")
            Console.WriteLine($"{words[1]}={Environment.GetEnvironmentVariable(words[1])}");
        else if (words[0] == "exit")
            Environment.Exit(int.Parse(words[1], CultureInfo.InvariantCulture));
        Console.WriteLine("done");
    }

    /// <summary>Method table, header and three fields: 40 bytes an object.</summary>
    sealed record Old(long A = 1, long B = 2, long C = 3);

    /// <summary>24 bytes an object.</summary>
    sealed record Grown(long A = 1);
}
