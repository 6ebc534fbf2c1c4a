using BenchmarkDotNet.Attributes;
using VmAtlas.Capture;
using VmAtlas.Capture.Linux;
using VmAtlas.Capture.Linux.Processes;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Bench;

/// <summary>The reader on a target of its own: what a snapshot's reading, a refresh, a thread list and a process list cost.</summary>
[MemoryDiagnoser]
public class ReaderBenchmarks
{
    readonly BlockTable _table = new();
    readonly StringTable _strings = new();
    readonly List<Problem> _problems = [];
    TestTarget _program = null!;
    LinuxTarget _target = null!;

    [Params(240, 10_000)]
    public int Mappings { get; set; }

    [GlobalSetup]
    public void Start()
    {
        _program = TestTarget.Start("reader_maps", $"{Mappings}");
        _program.Stop();
        _target = new LinuxTarget(_program.Pid);
        ReadMappings();
    }

    [GlobalCleanup]
    public void End()
    {
        _target.Dispose();
        _program.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void ReadMappings()
    {
        _table.Clear();
        _problems.Clear();
        _target.ReadMappings(_table, _strings, _problems);
    }

    [Benchmark]
    public bool Refresh() => _target.TryRefresh(out _);

    [Benchmark]
    public int Threads() => _target.Threads.Count;

    [Benchmark]
    public int Processes() => ProcessList.Read(ProcessDetail.Sums).Count;
}
