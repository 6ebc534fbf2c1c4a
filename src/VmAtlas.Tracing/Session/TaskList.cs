namespace VmAtlas.Tracing.Session;

/// <summary>The threads of a live target as /proc has them: which still run, and their names. Agents say thread ids as the target's own pid
/// namespace counts them; <c>NSpid</c> of each thread's status says both.</summary>
sealed class TaskList(int pid)
{
    readonly Dictionary<int, int> _outside = [];

    public bool IsProcessGone => !File.Exists($"/proc/{pid}/stat");

    /// <summary>The threads there are now, by the ids the agent knows; null when /proc does not say.</summary>
    public HashSet<int>? Inside()
    {
        try
        {
            var now = new Dictionary<int, int>();
            foreach (var folder in Directory.EnumerateDirectories($"/proc/{pid}/task"))
            {
                var outside = int.Parse(Path.GetFileName(folder.AsSpan()));
                var known = _outside.FirstOrDefault(p => p.Value == outside);
                now[known.Value == outside ? known.Key : InnermostId(folder) ?? outside] = outside;
            }
            _outside.Clear();
            foreach (var (inside, outside) in now)
                _outside[inside] = outside;
            return [.. now.Keys];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public string? NameOf(int inside)
    {
        try
        {
            return _outside.TryGetValue(inside, out var outside) ? File.ReadAllText($"/proc/{pid}/task/{outside}/comm").TrimEnd('\n') : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public int OutsideId(int inside) => _outside.GetValueOrDefault(inside, inside);

    static int? InnermostId(string folder)
    {
        var line = File.ReadLines(Path.Combine(folder, "status")).FirstOrDefault(l => l.StartsWith("NSpid:", StringComparison.Ordinal));
        return line is not null && int.TryParse(line.AsSpan(line.LastIndexOf('\t') + 1), out var id) ? id : null;
    }
}
