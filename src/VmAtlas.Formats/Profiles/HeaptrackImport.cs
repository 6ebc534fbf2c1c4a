using System.IO.Compression;
using System.Text;
using VmAtlas.Formats.Import;
using VmAtlas.Formats.Interop;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Formats.Profiles;

/// <summary>Reads heaptrack's data files (interpreted, format 1 to 3, plain, .gz or .zst) and tells them as a trace.</summary>
/// <remarks>Heaptrack keeps no addresses and no threads: blocks get made-up addresses, and one thread did everything. Of several blocks of one size and
/// stack the last is given back first. Nothing in a file is believed.</remarks>
public sealed class HeaptrackImport
{
    const int MaxLine = 1 << 20;
    const int MaxItems = 32 << 20;

    /// <summary>Blocks that live at once, and characters of all texts.</summary>
    const long MaxLive = 128 << 20, MaxText = 512 << 20;

    /// <summary>A program that does the same again and again packs well, but not without end.</summary>
    const long MostPacked = 4096, MostOfAny = 1L << 40;

    const ulong FirstAddress = 0x10_0000_0000;

    readonly ITraceSink _sink;
    readonly List<string> _strings = [""];
    readonly List<(ulong Pc, int Module, int[] Frames)> _instructions = [default];
    readonly List<(ulong Size, uint Trace)> _allocations = [];
    readonly List<Stack<ulong>?> _live = [];
    readonly Dictionary<string, int> _modules = [];
    readonly List<TraceModule> _moduleList = [];
    readonly TraceBatch _batch;
    ulong _nextAddress = FirstAddress;
    long _time;
    long _liveBlocks, _text;
    uint _nodes;

    HeaptrackImport(ITraceSink sink)
    {
        _sink = sink;
        _batch = new TraceBatch(sink);
        sink.Thread(new TraceThread(0, 0, "all threads"));
        Frames = new NodeFrames(Nodes, _moduleList);
    }

    public NodeTable Nodes { get; } = new();

    /// <summary>The functions the file names.</summary>
    public NodeFrames Frames { get; }

    /// <exception cref="VmAtlasException">It is no such file, not interpreted, or damaged: with the line.</exception>
    public static HeaptrackImport Read(string path, ITraceObserver observer)
    {
        using var file = FileErrors.Open(path, () => File.OpenRead(path));
        using var text = Unpacked(file, path);
        return Read(text, path, File.GetLastWriteTimeUtc(path), observer, text == file ? MostOfAny : Math.Min(MostOfAny, (file.Length + 1024) * MostPacked));
    }

    /// <param name="most">Characters it may have.</param>
    public static HeaptrackImport Read(Stream stream, string name, DateTimeOffset began, ITraceObserver observer, long most = MostOfAny)
    {
        HeaptrackImport? import = null;
        var line = 0;
        try
        {
            using var text = new StreamReader(stream, Encoding.UTF8, false, 1 << 16);
            var lines = new BoundedLines(text, MaxLine, most);
            var (command, attached) = ("", false);
            for (; lines.Next() is { } next; line++)
            {
                if (line == 0)
                    RequireVersion(next);
                if (import is null && next is ['X', ' ', ..])
                    command = next[2..];
                else if (import is null && next is ['A', ..])
                    attached = true;
                else if (next.Length > 0 && next[0] is 's' or 'i' or 't' or 'a' or '+' or '-' or 'c' or 'x' or 'm')
                    (import ??= new HeaptrackImport(observer.Begin(new TraceProcess(0, 0, command, began, attached, 0)))).Take(next);
            }
            import ??= new HeaptrackImport(observer.Begin(new TraceProcess(0, 0, command, began, attached, 0)));
            import._batch.Flush();
            import._sink.End(TraceEnding.Gone, 0, import._time);
            return import;
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or OverflowException)
        {
            throw new VmAtlasException(Failure.BadFile, $"{name} is no whole heaptrack file: line {line + 1}: {e.Message}", e);
        }
    }

    static Stream Unpacked(Stream file, string path)
    {
        var magic = new byte[4];
        var read = file.ReadAtLeast(magic, 4, throwOnEndOfStream: false);
        file.Position = 0;
        try
        {
            return read == 4 && magic is [0x28, 0xB5, 0x2F, 0xFD] ? new ZstdStream(file)
                : magic is [0x1F, 0x8B, ..] ? new GZipStream(file, CompressionMode.Decompress) : file;
        }
        catch (DllNotFoundException e)
        {
            throw new VmAtlasException(Failure.BadFile, $"{path} is packed with zstd: install libzstd (Debian: libzstd1), or unpack it first (zstd -d {path})", e);
        }
    }

    static void RequireVersion(string line)
    {
        var words = new Words(line);
        if (words.Kind != 'v' || line.Length < 3)
            throw new InvalidDataException("it does not begin with a version");
        words.Hex();
        if (words.AtEnd || words.Hex() is not (>= 1 and <= 3))
            throw new InvalidDataException("only the formats 1 to 3 are known");
    }

    void Take(string line)
    {
        var words = new Words(line);
        switch (words.Kind)
        {
            case 's':
                words.Hex();
                Add(_strings, words.Rest);
                if ((_text += _strings[^1].Length) > MaxText)
                    throw new InvalidDataException($"its texts have more than {MaxText} characters");
                break;
            case 'i':
                Add(_instructions, Instruction(ref words));
                break;
            case 't':
                Trace(words.Hex(), words.Hex());
                break;
            case 'a':
                Add(_allocations, (words.Hex(), (uint)Within(words.Hex(), _nodes + 1L, "stack")));
                _live.Add(null);
                break;
            case '+':
                Allocate((int)Within(words.Hex(), _allocations.Count, "allocation"));
                break;
            case '-':
                Free((int)Within(words.Hex(), _allocations.Count, "allocation"));
                break;
            case 'c':
                _time = Math.Max(_time, (long)Within(words.Hex(), long.MaxValue / 2_000_000, "time") * 1_000_000);
                break;
            default:
                throw new InvalidDataException("it is raw, as heaptrack --record-only leaves it: run heaptrack --interpret on it first");
        }
    }

    (ulong, int, int[]) Instruction(ref Words words)
    {
        var (pc, moduleText) = (words.Hex(), words.AtEnd ? 0 : String(words.Hex()));
        var (frames, module) = (new List<int>(), Frames.Texts.Intern(_strings[moduleText]));
        while (!words.AtEnd)
        {
            var function = Frames.Texts.Intern(_strings[String(words.Hex())]);
            var (file, line) = (0, 0);
            if (!words.AtEnd)
                (file, line) = (Frames.Texts.Intern(_strings[String(words.Hex())]), words.AtEnd ? 0 : (int)Within(words.Hex(), int.MaxValue, "line"));
            if (function != 0)
                frames.Add(Frames.Number(new StackFrame(function, module, file, line, IsInlined: !words.AtEnd)));
        }
        return (pc == 0 ? 1 : pc, Module(_strings[moduleText]), [.. frames]);
    }

    int Module(string path)
    {
        if (path.Length == 0)
            return -1;
        if (_modules.TryGetValue(path, out var known))
            return known;
        var module = new TraceModule(_modules.Count, path, default, 0, "");
        _modules.Add(path, module.Index);
        _moduleList.Add(module);
        _sink.Module(module);
        return module.Index;
    }

    void Trace(ulong instruction, ulong parent)
    {
        var (pc, module, frames) = _instructions[(int)Within(instruction, _instructions.Count, "instruction")];
        if (_nodes >= MaxItems)
            throw new InvalidDataException("there are too many stacks");
        var node = new CallNode(++_nodes, (uint)Within(parent, _nodes, "caller"), pc == 0 ? 1 : pc, module);
        Nodes.Add(node);
        _batch.Add(node);
        if (frames is { Length: > 0 })
            Frames.Set(node.Id, frames);
    }

    void Allocate(int allocation)
    {
        if (++_liveBlocks > MaxLive)
            throw new InvalidDataException($"more than {MaxLive} blocks are live at once");
        var (size, trace) = _allocations[allocation];
        (_live[allocation] ??= new Stack<ulong>()).Push(_nextAddress);
        Put(new TraceEvent { Operation = TraceOperation.Allocate, Function = TraceFunction.Malloc, Address = _nextAddress, Size = size, Site = trace });
        _nextAddress += 16;
    }

    /// <summary>Of a block that was there before heaptrack came nothing is known.</summary>
    void Free(int allocation)
    {
        var address = 16ul;
        if (_live[allocation] is { Count: > 0 } blocks)
            (address, _liveBlocks) = (blocks.Pop(), _liveBlocks - 1);
        Put(new TraceEvent { Operation = TraceOperation.Free, Function = TraceFunction.Free, Address = address });
    }

    void Put(TraceEvent e) => _batch.Add(e with { Time = _time, Weight = 1 });

    int String(ulong number) => (int)Within(number, _strings.Count, "text");

    static ulong Within(ulong value, long below, string what) => value < (ulong)below
        ? value : throw new InvalidDataException($"there is no {what} {value:x}");

    static void Add<T>(List<T> list, T item)
    {
        if (list.Count >= MaxItems)
            throw new InvalidDataException($"there are more than {MaxItems} of its kind");
        list.Add(item);
    }

    /// <summary>A line: one letter, then hexadecimal numbers.</summary>
    ref struct Words(string line)
    {
        ReadOnlySpan<char> _rest = line.Length > 2 ? line.AsSpan(2) : default;

        public char Kind => line.Length > 0 ? line[0] : '\0';

        public readonly bool AtEnd => _rest.IsEmpty;

        public readonly string Rest => _rest.ToString();

        public ulong Hex()
        {
            var space = _rest.IndexOf(' ');
            var word = space < 0 ? _rest : _rest[..space];
            _rest = space < 0 ? default : _rest[(space + 1)..];
            return ulong.Parse(word, System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture);
        }
    }
}
