namespace VmAtlas.Capture.Linux.Proc;

/// <summary>One thread of the target.</summary>
/// <param name="Tid">Thread id in the observer's pid namespace.</param>
/// <param name="Name">The thread's own name, at most 15 bytes: <c>comm</c>.</param>
/// <param name="State">The letter of proc_pid_stat(5): R running, S sleeping, D waiting for a disk, T stopped, t traced, Z zombie, X dead.</param>
public readonly record struct ThreadInfo(int Tid, string Name, char State)
{
    /// <summary>Reads "4711 (name) S …"; the name may hold spaces and parentheses, so the last ')' ends it.</summary>
    internal static ThreadInfo Parse(int tid, ReadOnlySpan<byte> stat)
    {
        var (open, close) = (stat.IndexOf((byte)'('), stat.LastIndexOf((byte)')'));
        if (open < 0 || close < open)
            return new ThreadInfo(tid, "", '?');
        var name = System.Text.Encoding.UTF8.GetString(stat[(open + 1)..close]);
        return new ThreadInfo(tid, name, close + 2 < stat.Length ? (char)stat[close + 2] : '?');
    }
}
