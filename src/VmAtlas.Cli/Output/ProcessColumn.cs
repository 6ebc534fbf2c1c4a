using VmAtlas.Capture;

namespace VmAtlas.Cli.Output;

/// <summary>A column of the list of processes: a number or a text, null where it is not known.</summary>
sealed record ProcessColumn(string Key, string Title, Func<ProcessRow, ulong?>? Number, Func<ProcessRow, string?>? Text)
{
    /// <summary>Whether the number is an amount of memory.</summary>
    public bool IsBytes { get; init; }

    public int DropOrder { get; init; }

    /// <summary>Columns of a terminal it takes at most.</summary>
    public int Most { get; init; } = int.MaxValue;

    public static readonly IReadOnlyList<ProcessColumn> All =
    [
        OfNumber("pid", "Pid", p => (ulong)p.Pid),
        OfText("name", "Name", p => p.Name),
        OfText("user", "User", p => p.User) with { DropOrder = 4 },
        OfBytes("private", "Private", p => p.Private?.Bytes),
        OfBytes("totalWs", "Total WS", p => p.TotalWs?.Bytes),
        OfBytes("pss", "PSS", p => p.Pss?.Bytes),
        OfBytes("swap", "Swap", p => p.Swap?.Bytes) with { DropOrder = 1 },
        OfNumber("threads", "Threads", p => (ulong?)p.Threads) with { DropOrder = 5 },
        OfText("architecture", "Arch", p => p.Architecture) with { DropOrder = 6 },
        OfText("container", "Container", p => p.Container) with { DropOrder = 7, Most = 24 },
        OfText("command", "Command", p => p.Command),
    ];

    /// <summary>Finds a column by key or title, whatever the case.</summary>
    public static ProcessColumn Find(string name) =>
        All.FirstOrDefault(c => c.Key.Equals(name, StringComparison.OrdinalIgnoreCase) || c.Title.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new Model.VmAtlasException(Model.Failure.Usage, $"there is no column '{name}': they are {string.Join(", ", All.Select(c => c.Key))}");

    /// <summary>What is not known comes last, whichever way.</summary>
    public IEnumerable<ProcessRow> Sort(IEnumerable<ProcessRow> rows, bool descending) => Number is { } number
        ? rows.OrderBy(r => number(r) is null).ThenBy(r => descending ? ~(number(r) ?? 0) : number(r) ?? 0).ThenBy(r => r.Pid)
        : descending
            ? rows.OrderByDescending(r => Text!(r) ?? "", StringComparer.Ordinal).ThenBy(r => r.Pid)
            : rows.OrderBy(r => Text!(r) ?? "", StringComparer.Ordinal).ThenBy(r => r.Pid);

    public void Write(ProcessRow row, Cell cell)
    {
        if (Text is not null)
            cell.AppendForeign(Text(row) ?? "");
        else if (Number!(row) is not { } number)
            cell.Append("?");
        else if (IsBytes)
            Figures.KibOrBlank(cell, number);
        else
            cell.Append($"{number}");
    }

    static ProcessColumn OfNumber(string key, string title, Func<ProcessRow, ulong?> number) => new(key, title, number, null);

    static ProcessColumn OfBytes(string key, string title, Func<ProcessRow, ulong?> bytes) => new(key, title, bytes, null) { IsBytes = true };

    static ProcessColumn OfText(string key, string title, Func<ProcessRow, string?> text) => new(key, title, null, text);
}
