using System.Buffers.Text;

namespace VmAtlas.Capture.Clr.Helper.Memory;

/// <summary>One line of <c>/proc/PID/maps</c>.</summary>
readonly record struct ProcMapping(ulong Start, ulong End, bool IsShared, ulong Offset, uint Major, uint Minor, ulong Inode, string Path);

/// <summary>The mappings of <c>/proc/PID/maps</c>.</summary>
static class ProcMaps
{
    /// <summary>Reads the text; lines that are none of the kernel's are left out.</summary>
    public static ProcMapping[] Parse(ReadOnlySpan<byte> text)
    {
        var mappings = new List<ProcMapping>();
        foreach (var line in text.Split((byte)'\n'))
        {
            if (TryParse(text[line], out var mapping))
                mappings.Add(mapping);
        }
        return [.. mappings];
    }

    /// <summary>"7f12a0000000-7f12a0021000 rw-p 00001000 fe:00 1234    /path with spaces"</summary>
    static bool TryParse(ReadOnlySpan<byte> line, out ProcMapping mapping)
    {
        mapping = default;
        if (!Hex(ref line, '-', out var start) || !Hex(ref line, ' ', out var end) || line.Length < 5)
            return false;
        var shared = line[3] == 's';
        line = line[5..];
        if (!Hex(ref line, ' ', out var offset) || !Hex(ref line, ':', out var major) || !Hex(ref line, ' ', out var minor)
            || !Utf8Parser.TryParse(line, out ulong inode, out var digits))
            return false;
        var path = System.Text.Encoding.UTF8.GetString(line[digits..].TrimStart((byte)' '));
        mapping = new ProcMapping(start, end, shared, offset, (uint)major, (uint)minor, inode, path);
        return start < end;
    }

    static bool Hex(ref ReadOnlySpan<byte> line, char end, out ulong value)
    {
        if (!Utf8Parser.TryParse(line, out value, out var length, 'x') || length >= line.Length || line[length] != end)
            return false;
        line = line[(length + 1)..];
        return true;
    }
}
