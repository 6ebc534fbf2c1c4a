using VmAtlas.Formats;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Web.Traces;

/// <summary>All traces of a target: of a file, or of a process while they are made. Looked at by one call at a time.</summary>
abstract class TargetTraces : IDisposable
{
    readonly Lock _lock = new();
    (int Program, CallTreeShape Shape, bool Mappings, long Operations, int Names, CallTree Tree)? _tree;

    /// <summary>Programs there are; known without reading a whole file.</summary>
    public abstract int Count { get; }

    /// <summary>Whether more may come.</summary>
    public virtual bool IsRunning => false;

    /// <summary>The first traced program; null when there is none.</summary>
    public TraceProcess? First => Programs is [var program, ..] ? program.Store.Process : null;

    protected abstract IReadOnlyList<ProgramTrace> Programs { get; }

    /// <summary>The file that holds every event so far, whole.</summary>
    protected abstract string EventFile();

    /// <summary>Gives names to calls that have none yet.</summary>
    protected virtual void Resolve(ProgramTrace program)
    {
    }

    /// <summary>Looks at one program's trace while it stands still, with the functions of its calls.</summary>
    /// <exception cref="VmAtlasException">There is no such program.</exception>
    public T Look<T>(int number, Func<ProgramTrace, T> work)
    {
        lock (_lock)
        {
            var program = Find(number);
            Resolve(program);
            lock (program.Store.Gate)
                return work(program);
        }
    }

    /// <summary>Looks at all of them for their totals, without names.</summary>
    public void LookAtAll(Action<ProgramTrace> work)
    {
        foreach (var program in Programs)
        {
            lock (program.Store.Gate)
                work(program);
        }
    }

    /// <summary>Writes the whole file, the snapshots in it too: events are nowhere else.</summary>
    public void SaveTo(string path)
    {
        BeforeSaving();
        var source = EventFile();
        if (Path.GetFullPath(path) == Path.GetFullPath(source))
            return;
        using var from = new FileStream(source, new FileStreamOptions { Share = FileShare.ReadWrite | FileShare.Delete });
        using var to = new ReplacedFile(path);
        var left = WholeLength(from);
        var buffer = new byte[1 << 16];
        for (int read; left > 0 && (read = from.Read(buffer, 0, (int)Math.Min(left, buffer.Length))) > 0; left -= read)
            to.Stream.Write(buffer, 0, read);
        to.Commit();
    }

    /// <summary>Everything that is known goes into the file.</summary>
    protected virtual void BeforeSaving()
    {
    }

    /// <summary>Bytes of the file up to the last whole part.</summary>
    protected virtual long WholeLength(Stream file) => file.Length;

    /// <summary>The call tree; the last one made is kept while nothing happens in the trace.</summary>
    public CallTree Tree(int number, CallTreeShape shape, bool mappings) => Look(number, program =>
    {
        var operations = program.Store.Totals.Operations;
        if (_tree is { } kept && (kept.Program, kept.Shape, kept.Mappings, kept.Operations, kept.Names) == (number, shape, mappings, operations, program.Names))
            return kept.Tree;
        var tree = CallTreeBuilder.Build(shape, program.Store, mappings ? program.Store.MappingSites : program.Store.Sites, program.Frames);
        _tree = (number, shape, mappings, operations, program.Names, tree);
        return tree;
    });

    /// <summary>Tells of the events of one program, in order of time, until told to stop by an exception of <paramref name="heard"/>.</summary>
    public void PlayEvents(int number, Action<TraceEvent> heard)
    {
        using var reader = TraceReader.Open(EventFile());
        reader.Play(new EventStream(number, heard));
    }

    /// <summary>Waits for who looks at it now.</summary>
    public void Dispose()
    {
        lock (_lock)
            Close();
    }

    protected virtual void Close()
    {
    }

    ProgramTrace Find(int number) => Programs.ElementAtOrDefault(number)
        ?? throw new VmAtlasException(Failure.NotFound, $"there is no trace {number}: there are {Count}");
}
