using VmAtlas.Cli.Output;
using VmAtlas.Formats.Profiles;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Cli.Targets;

/// <summary>What the events of a file's chosen program build on: its threads, calls and their functions.</summary>
sealed class EventNames(int? pid) : ITraceObserver
{
    int _programs;

    /// <summary>The first, or the one with the pid; after exec what it became.</summary>
    public Program? Chosen { get; private set; }

    public ITraceSink Begin(TraceProcess process)
    {
        var program = new Program(process, _programs++);
        if (process.Pid == (pid ?? Chosen?.Process.Pid ?? process.Pid))
            Chosen = program;
        return program;
    }

    /// <param name="number">Of the traces in the file, from 0.</param>
    public sealed class Program(TraceProcess process, int number) : ITraceSink
    {
        readonly TraceStore _store = new(process);
        readonly Dictionary<uint, string> _leaves = [];
        StackText? _stacks;

        public int Number => number;

        public ThreadNames Threads => _store.Threads;

        public NodeTable Nodes => _store.CallNodes;

        public IReadOnlyList<TraceModule> Modules => _store.Modules;

        public TraceProcess Process => process;

        public NodeFrames Frames => (_stacks ??= new StackText(new NodeFrames(_store.CallNodes, _store.Modules))).Frames;

        /// <summary>The function that asked.</summary>
        public string Leaf(uint site)
        {
            if (!_leaves.TryGetValue(site, out var leaf))
                _leaves.Add(site, leaf = Frames is not null && Nodes.Contains(site) ? _stacks!.Leaf(site) : "");
            return leaf;
        }

        public void Module(TraceModule module) => _store.Module(module);

        public void Thread(TraceThread thread) => _store.Thread(thread);

        public void ThreadName(int thread, string name) => _store.ThreadName(thread, name);

        void ITraceSink.Nodes(ReadOnlySpan<CallNode> nodes) => _store.Nodes(nodes);

        public void Events(ReadOnlySpan<TraceEvent> events)
        {
        }

        public void Dropped(long operations)
        {
        }

        public void End(TraceEnding ending, int value, long time)
        {
        }
    }
}
