using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Testing;

namespace VmAtlas.Bench;

/// <summary>What an event of a trace costs: read from the rings and taken into the store, which is what a viewer of a live process does; the store alone; written to a file
/// and read back. CPU time, medians, against the goals.</summary>
static class TraceFigures
{
    const int Rounds = 7, EventsOfRound = 8000;
    const double MostNanoseconds = 10, MostBytes = 5;

    public static int Run(string[] counts)
    {
        var events = counts.Length > 0 ? int.Parse(counts[0]) : 2_000_000;
        // Blocks given back in any order by two threads, the hardest case; and as a program in a loop does it.
        var random = new Kept();
        new SyntheticTrace(seed: 1, events).Play(random);
        return Measure("in any order", random, events, threads: 2) | Measure("churn", Churn(events, 1), events, threads: 1)
            | Measure("churn, 4 threads", Churn(events, 4), events, threads: 4);
    }

    /// <summary>Each thread takes a block of 64 sizes from one of 64 places and gives it back 16 calls later, at an address that was used before. Threads take turns after
    /// eight events, which share a stamp.</summary>
    static Kept Churn(int events, int threads)
    {
        var kept = new Kept();
        kept.Begin(new TraceProcess(1, 0, "churn", DateTimeOffset.UnixEpoch, false, 0));
        kept.Nodes([.. Enumerable.Range(1, 64).Select(i => new CallNode((uint)i, 0, 0x1000 + (ulong)i * 16, -1))]);
        var all = new TraceEvent[events];
        for (var i = 0; i < events; i++)
        {
            var (turn, thread) = (i / (8 * threads) * 8 + i % 8, i / 8 % threads);
            var (block, free) = (turn / 32 * 16 + turn % 16, turn % 32 >= 16);
            all[i] = new TraceEvent
            {
                Time = i / 8 * 8 * 40L, Weight = 1, Thread = thread, Address = 0x555500000000 + (ulong)(block % 1024 * 4 + thread) * 4096,
                Operation = free ? TraceOperation.Free : TraceOperation.Allocate, Function = free ? TraceFunction.Free : TraceFunction.Malloc,
                Size = free ? 0 : 16 + (ulong)(block % 64) * 72, Site = free ? 0 : (uint)(block / 16 % 64) + 1,
            };
        }
        for (var at = 0; at < events; at += 1000)
            kept.Events(all.AsSpan(at, Math.Min(1000, events - at)));
        return kept;
    }

    static int Measure(string title, Kept heard, int events, int threads)
    {
        var path = Path.GetTempFileName();
        using var rings = new SyntheticRings(heard.All, threads, EventsOfRound);
        try
        {
            var decode = Median(() => rings.Read(heard.Begun(new TraceStore(heard.Process!))));
            var store = Median((Action)(() => heard.Replay(new TraceStore(heard.Process!))));
            var write = Median(() => Write(path, heard));
            var bytes = new FileInfo(path).Length / (double)events;
            var read = Median(() => _ = LoadedTrace.ReadAll(path));
            Console.WriteLine($"{title}: {events:N0} events, CPU time of one, median of {Rounds}");
            Console.WriteLine($"  rings+store{decode / events,7:0.00} ns   goal {MostNanoseconds} {(decode / events <= MostNanoseconds ? "met" : "MISSED")}");
            Console.WriteLine($"  store      {store / events,7:0.00} ns");
            Console.WriteLine($"  write      {write / events,7:0.00} ns");
            Console.WriteLine($"  read+store {read / events,7:0.00} ns");
            Console.WriteLine($"  file       {bytes,7:0.00} bytes   goal {MostBytes} {(bytes <= MostBytes ? "met" : "MISSED")}");
            return decode / events <= MostNanoseconds && bytes <= MostBytes ? 0 : 1;
        }
        finally
        {
            File.Delete(path);
        }
    }

    static void Write(string path, Kept heard)
    {
        using var file = TimelineFile.Create(path);
        heard.Replay(new TraceWriter(file).Begin(heard.Process!));
    }

    static double Median(Action run) => Median(() =>
    {
        var before = Environment.CpuUsage.TotalTime;
        run();
        return Environment.CpuUsage.TotalTime - before;
    });

    static double Median(Func<TimeSpan> run)
    {
        var times = new double[Rounds];
        for (var round = -12; round < Rounds; round++)
        {
            var time = run();
            if (round >= 0)
                times[round] = time.TotalNanoseconds;
        }
        return times.Order().ElementAt(Rounds / 2);
    }

    /// <summary>A trace in memory, so that making it up is not measured.</summary>
    sealed class Kept : ITraceObserver, ITraceSink
    {
        readonly List<TraceEvent[]> _batches = [];
        readonly List<CallNode[]> _nodes = [];

        public TraceProcess? Process { get; private set; }

        public IEnumerable<TraceEvent> All => _batches.SelectMany(b => b);

        /// <summary>A sink that was told of the calls.</summary>
        public TraceStore Begun(TraceStore sink)
        {
            foreach (var nodes in _nodes)
                sink.Nodes(nodes);
            return sink;
        }

        public void Replay(ITraceSink sink)
        {
            foreach (var nodes in _nodes)
                sink.Nodes(nodes);
            foreach (var batch in _batches)
                sink.Events(batch);
            sink.End(TraceEnding.Exited, 0, _batches[^1][^1].Time);
        }

        public ITraceSink Begin(TraceProcess process)
        {
            Process = process;
            return this;
        }

        public void Module(TraceModule module)
        {
        }

        public void Thread(TraceThread thread)
        {
        }

        public void ThreadName(int thread, string name)
        {
        }

        public void Nodes(ReadOnlySpan<CallNode> nodes) => _nodes.Add(nodes.ToArray());

        public void Events(ReadOnlySpan<TraceEvent> events)
        {
            if (events.Length > 0)
                _batches.Add(events.ToArray());
        }

        public void Dropped(long operations)
        {
        }

        public void End(TraceEnding ending, int value, long time)
        {
        }
    }
}
