using System.CommandLine;
using System.Text;
using VmAtlas.Cli.Output;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;

namespace VmAtlas.Cli.CommandLine;

/// <summary>The options of <c>heap --blocks</c>: which blocks, in what order, with what of their contents, and where to.</summary>
sealed class BlockOptions
{
    const int MaxBytes = 256, DefaultTop = 1000;

    readonly Option<bool> _blocks = new("--blocks", "-b") { Description = "List blocks, each with address, size, state and, where symbols tell, its C++ class." };
    readonly Option<string> _state = new("--state") { Description = "Only blocks in this state: used, mapped, free, fastbin, tcache, top; several with commas.", HelpName = "state" };
    readonly Option<string> _size = new("--size") { Description = "Only chunks of this size, or from one to another: 64, 1K..64K, 1M.. .", HelpName = "range" };
    readonly Option<int?> _arena = new("--arena") { Description = "Only blocks of this arena; 0 is the main one.", HelpName = "n" };
    readonly Option<string> _sort = new("--sort") { Description = "Order by address (the usual), size (largest first) or state.", HelpName = "what" };
    readonly Option<int?> _top = new("--top") { Description = $"Only the first n; {DefaultTop} on a screen, all in json and files, unless given.", HelpName = "n" };
    readonly Option<int> _bytes = new("--bytes") { Description = $"Show how each block begins: so many bytes, at most {MaxBytes}.", HelpName = "n" };
    readonly Option<string?> _output = new("-o", "--output") { Description = "Write the blocks to a file as csv.", HelpName = "file" };
    readonly Verb _verb;

    /// <summary>What takes the memory itself.</summary>
    public Option BytesOption => _bytes;

    public BlockOptions(Verb verb)
    {
        _verb = verb;
        _state.CompletionSources.Add([.. Enumerable.Range(0, ChunkStates.Count).Select(i => ((ChunkState)i).Name())]);
        _sort.CompletionSources.Add("address", "size", "state");
        foreach (var option in (Option[])[_blocks, _state, _size, _arena, _sort, _top, _bytes, _output])
            verb.Add(option);
    }

    /// <summary>Null when no blocks are asked for.</summary>
    /// <exception cref="VmAtlasException">A word that means nothing.</exception>
    public ChunkQuery? Read(ParseResult arguments)
    {
        if (!arguments.GetValue(_blocks) && ((Option[])[_state, _size, _arena, _sort, _top, _bytes, _output]).All(o => arguments.GetResult(o) is null))
            return null;
        var (least, most) = ReadSizes(arguments.GetValue(_size));
        var top = arguments.GetValue(_top);
        if (top < 1)
            throw new VmAtlasException(Failure.Usage, $"--top takes a number from 1 on, not {top}");
        var forPeople = !arguments.GetValue(_verb.Json) && arguments.GetValue(_output) is null;
        return new ChunkQuery
        {
            States = [.. (arguments.GetValue(_state) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(ReadState)],
            LeastSize = least,
            MostSize = most,
            Order = ReadOrder(arguments.GetValue(_sort)),
            Top = top ?? (forPeople ? DefaultTop : null),
        };
    }

    public int Bytes(ParseResult arguments) => arguments.GetValue(_bytes) is var bytes && bytes is >= 0 and <= MaxBytes
        ? bytes
        : throw new VmAtlasException(Failure.Usage, $"--bytes takes a number from 0 to {MaxBytes}, not {bytes}");

    public string? Output(ParseResult arguments) => arguments.GetValue(_output);

    /// <summary>Rows of the report's chunks that the query wants.</summary>
    public int[] Select(ParseResult arguments, ChunkQuery query, HeapReport report)
    {
        if (arguments.GetValue(_arena) is { } number)
        {
            query = number >= 0 && number < report.Arenas.Count
                ? query with { Within = report.Arenas[number].Heaps }
                : throw new VmAtlasException(Failure.Usage, $"there is no arena {number}: they are 0 to {report.Arenas.Count - 1}");
        }
        return query.Select(report.Chunks!);
    }

    /// <exception cref="VmAtlasException">The file can not be written.</exception>
    public static void Save(string path, BlockListing listing)
    {
        try
        {
            using var csv = new StreamWriter(path, append: false, new UTF8Encoding(false)) { NewLine = "\n" };
            listing.WriteCsv(csv);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VmAtlasException(Failure.General, $"the blocks could not be written: {e.Message}", e);
        }
    }

    static ChunkState ReadState(string word) => ChunkStates.TryParse(word.Trim(), out var state)
        ? state
        : throw new VmAtlasException(Failure.Usage,
            $"there is no state '{word}': blocks are {string.Join(", ", Enumerable.Range(0, ChunkStates.Count).Select(i => ((ChunkState)i).Name()))}");

    static ChunkOrder ReadOrder(string? word) => word switch
    {
        null or "address" => ChunkOrder.Address,
        "size" => ChunkOrder.Size,
        "state" => ChunkOrder.State,
        _ => throw new VmAtlasException(Failure.Usage, $"blocks are sorted by address, size or state, not by '{word}'"),
    };

    static (ulong Least, ulong Most) ReadSizes(string? text)
    {
        if (text is null)
            return (0, ulong.MaxValue);
        var dots = text.IndexOf("..", StringComparison.Ordinal);
        if (dots < 0)
            return ByteSize.TryParse(text, out var one) ? (one.Bytes, one.Bytes) : throw Wrong(text);
        var (from, to) = (text[..dots], text[(dots + 2)..]);
        var (least, most) = (new ByteSize(0), new ByteSize(ulong.MaxValue));
        if (from.Length > 0 && !ByteSize.TryParse(from, out least) || to.Length > 0 && !ByteSize.TryParse(to, out most))
            throw Wrong(text);
        return (least.Bytes, most.Bytes);
    }

    static VmAtlasException Wrong(string text) => new(Failure.Usage, $"--size takes a size or a range such as 64, 1K..64K or 1M.., not '{text}'");
}
