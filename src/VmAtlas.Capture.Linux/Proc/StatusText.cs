using System.Buffers.Text;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>The text of <c>/proc/PID/status</c>, proc_pid_status(5): readable by everybody unless /proc is mounted with hidepid.</summary>
/// <remarks>The kernel escapes newlines in the name, so that no target can forge a line.</remarks>
readonly ref struct StatusText(ReadOnlySpan<byte> text)
{
    readonly ReadOnlySpan<byte> _text = text;

    /// <summary>R, S, D, T, t, Z, X, I as in <see cref="ThreadInfo"/>; '?' when the text is none.</summary>
    public char State => Value("State"u8) is { IsEmpty: false } value ? (char)value[0] : '?';

    public int? ParentPid => Number("PPid"u8) is { } ppid ? (int)ppid : null;

    /// <summary>The process the thread belongs to.</summary>
    public int? ThreadGroup => Number("Tgid"u8) is { } tgid ? (int)tgid : null;

    public int? Threads => Number("Threads"u8) is { } threads ? (int)threads : null;

    /// <summary>Real user id.</summary>
    public uint? Uid => Number("Uid"u8) is { } uid ? (uint)uid : null;

    /// <summary>Whether it has memory at all: a kernel thread and a zombie have none.</summary>
    public bool HasMemory => !Value("VmSize"u8).IsEmpty;

    /// <summary>A figure in bytes of a line in kB; null when it is not there.</summary>
    public ulong? Bytes(ReadOnlySpan<byte> key) => Number(key) is { } kib ? kib << 10 : null;

    public ulong? Number(ReadOnlySpan<byte> key) => Utf8Parser.TryParse(Value(key), out ulong value, out _) ? value : null;

    /// <summary>All lines that end in kB, as bytes.</summary>
    public void AddBytes(Dictionary<string, ulong> into, string prefix = "")
    {
        for (var rest = _text; !rest.IsEmpty;)
        {
            var line = TakeLine(ref rest);
            var colon = line.IndexOf((byte)':');
            if (colon > 0 && line.EndsWith(" kB"u8) && Utf8Parser.TryParse(line[(colon + 1)..].TrimStart("\t "u8), out ulong kib, out _))
                into[prefix + System.Text.Encoding.ASCII.GetString(line[..colon])] = kib << 10;
        }
    }

    /// <summary>What stands after "Key:" and blanks, to the end of the line; empty when there is no such line.</summary>
    ReadOnlySpan<byte> Value(ReadOnlySpan<byte> key)
    {
        for (var rest = _text; !rest.IsEmpty;)
        {
            var line = TakeLine(ref rest);
            if (line.Length > key.Length && line[key.Length] == ':' && line.StartsWith(key))
                return line[(key.Length + 1)..].TrimStart("\t "u8);
        }
        return default;
    }

    static ReadOnlySpan<byte> TakeLine(scoped ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)'\n');
        var line = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        return line;
    }
}
