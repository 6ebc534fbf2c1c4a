using System.IO.Enumeration;
using System.Text;
using System.Text.Unicode;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>The threads in <c>/proc/PID/task</c>. A thread that ends while the list is read is left out.</summary>
sealed class ThreadList(ProcFolder folder)
{
    static readonly EnumerationOptions s_all = new() { IgnoreInaccessible = false, AttributesToSkip = 0 };

    /// <summary>Ids in ascending order; empty when the target is gone.</summary>
    public int[] Ids()
    {
        var ids = new List<int>();
        try
        {
            ids.AddRange(new FileSystemEnumerable<int>($"{folder.Path}/task", (ref entry) => int.TryParse(entry.FileName, out var tid) ? tid : 0, s_all));
        }
        catch (IOException)
        {
            return []; // the process ended: the check after the last read says so
        }
        ids.Sort();
        return [.. ids];
    }

    public IReadOnlyList<ThreadInfo> Read()
    {
        var threads = new List<ThreadInfo>();
        foreach (var tid in Ids())
        {
            if (folder.TryRead($"task/{tid}/stat", out _) is { Length: > 0 } stat)
                threads.Add(ThreadInfo.Parse(tid, stat));
        }
        return threads;
    }

    /// <summary>The names of threads: each is a file to open, which several cores do side by side where there are very many.</summary>
    public string?[] Names(IReadOnlyList<int> tids)
    {
        const int Few = 128;
        var names = new string?[tids.Count];
        if (tids.Count > Few)
            ReadSideBySide(tids, names);
        else
            for (var i = 0; i < names.Length; i++)
                names[i] = Name(tids[i]);
        return names;
    }

    void ReadSideBySide(IReadOnlyList<int> tids, string?[] names) => Parallel.For(0, names.Length, i => names[i] = Name(tids[i]));

    /// <summary>One thread's name, the cheapest of its facts; null when it is gone.</summary>
    public string? Name(int tid)
    {
        Span<byte> path = stackalloc byte[32], name = stackalloc byte[64];
        Utf8.TryWrite(path, $"task/{tid}/comm\0", out var length);
        name = name[..folder.ReadTiny(path[..length], name)];
        return name.IsEmpty ? null : Encoding.UTF8.GetString(name.TrimEnd((byte)'\n'));
    }
}
