using System.CommandLine;
using VmAtlas.Cli.Output;
using VmAtlas.Model;

namespace VmAtlas.Cli.CommandLine;

/// <summary>The options that choose among regions, shared by the verbs that list or search them.</summary>
sealed class RowOptions
{
    readonly Option<string[]> _types = new("--type")
    {
        Description = "Only regions of this type; several with commas: heap,stack.",
        HelpName = "type",
    };

    readonly Option<string> _filter = new("--filter")
    {
        Description = "Only regions that fit: 'type = heap and private > 10M' (vmatlas help filter).",
        HelpName = "expr",
    };

    readonly Option<string> _sort = new("--sort")
    {
        Description = "Order by a column, the largest first; name:asc or name:desc to say which way (vmatlas help columns).",
        HelpName = "column",
    };

    readonly Option<int?> _top = new("--top") { Description = "Only the first n regions, by Size unless --sort says otherwise.", HelpName = "n" };

    readonly bool _sorts;

    /// <param name="sorts">Whether order and number can be chosen too.</param>
    public RowOptions(Command command, bool sorts)
    {
        _sorts = sorts;
        _types.CompletionSources.Add(_ => Enumerable.Range(0, (int)MemoryType.PageTable).Select(t => Word((MemoryType)t)));
        command.Add(_types);
        command.Add(_filter);
        if (!sorts)
            return;
        _sort.CompletionSources.Add(_ => Columns.All.Select(c => c.Key));
        command.Add(_sort);
        command.Add(_top);
    }

    /// <summary>Whether any of them is given.</summary>
    public bool AreUsed(ParseResult arguments) => arguments.GetResult(_types) is not null || arguments.GetResult(_filter) is not null
        || _sorts && (arguments.GetResult(_sort) is not null || arguments.GetResult(_top) is not null);

    public RowChoice Read(ParseResult arguments)
    {
        var choice = new RowChoice
        {
            Types = arguments.GetValue(_types) is { Length: > 0 } types ? ReadTypes(types) : [],
            Filter = arguments.GetValue(_filter) is { } filter ? FilterExpression.Parse(filter) : null,
        };
        return _sorts ? ReadOrder(choice, arguments) : choice;
    }

    RowChoice ReadOrder(RowChoice choice, ParseResult arguments)
    {
        var top = arguments.GetValue(_top);
        if (top < 1)
            throw new VmAtlasException(Failure.Usage, $"--top takes a number from 1 on, not {top}");
        if (arguments.GetValue(_sort) is not { } sort)
            return choice with { Top = top, Sort = top is null ? null : Columns.Of(Measure.Size), Descending = true };
        var colon = sort.LastIndexOf(':');
        var way = colon < 0 ? "" : sort[(colon + 1)..];
        if (way is not ("" or "asc" or "desc"))
            throw new VmAtlasException(Failure.Usage, $"--sort takes column, column:asc or column:desc, not '{sort}'");
        var column = Columns.Find(colon < 0 ? sort : sort[..colon]);
        return choice with { Top = top, Sort = column, Descending = way == "desc" || way == "" && column.Kind is ColumnKind.Bytes or ColumnKind.Number };
    }

    static MemoryType[] ReadTypes(string[] types) =>
        [.. types.SelectMany(t => t.Split(',', StringSplitOptions.RemoveEmptyEntries)).Select(ReadType)];

    static MemoryType ReadType(string word) => MemoryTypes.TryParse(word, out var type)
        ? type
        : throw new VmAtlasException(Failure.Usage,
            $"there is no type '{word}': the types are {string.Join(", ", Enumerable.Range(0, MemoryTypes.Count).Select(t => Word((MemoryType)t)))}");

    static string Word(MemoryType type) => type.Name().ToLowerInvariant().Replace(' ', '-');
}
